//! How an instance is made: on the thread that will be its own.

use std::ffi::c_void;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, RwLock};

use serde_json::Value;
use zeroize::Zeroizing;
use zpns_core::{Error, Setup};
use zpns_plugin_api::abi::{PLUGIN_PROVIDER, PluginApi, PluginProvider, Sized32, Slice, Status};
use zpns_plugin_api::json::{Create, Descriptor, Info};

use crate::instance::{Instance, Living, Standing};
use crate::load::PluginOptions;
use crate::secrets::Secrets;
use crate::worker::{Job, Plugin, Shared, Worker, work};

/// An instance that was made.
pub(crate) struct Made {
    pub(crate) instance: &'static Instance,
    pub(crate) shared: Shared,
    pub(crate) provider: Option<PluginProvider>,
    pub(crate) info: Info,
}

/// What its thread tells of a new instance.
type News = Result<(Shared, Option<PluginProvider>, Info), String>;

/// Makes an instance, or says in the plugin's words why not.
pub(crate) fn create(
    api: PluginApi,
    descriptor: &Descriptor,
    config: &Value,
    setup: Setup,
    options: &PluginOptions,
) -> Result<Made, String> {
    let asked = Create::new(setup.id.as_str(), config.clone()).with_connection(&setup.connection);
    let json = serde_json::to_vec(&asked).map_err(|error| format!("its config: {error}"))?;
    let json = Zeroizing::new(json);
    let (worker, jobs) = Worker::new();
    let living = Living {
        resources: setup.resources,
        connection: setup.connection,
        secrets: Secrets::of(config, &descriptor.secrets),
        metrics: options.metrics.clone(),
        http: Default::default(),
        timers: Default::default(),
        worker,
    };
    let name: String = format!("zpns-plugin-{}", setup.id)
        .chars()
        .filter(|character| *character != '\0')
        .collect();
    let instance = Instance::new(setup.id, living, options.unfinished);
    let api = SendApi(api);
    let (tell, news) = mpsc::channel();
    std::thread::Builder::new()
        .name(name)
        .spawn(move || {
            let api = api;
            let made = make(instance, api.0, &json);
            drop(json);
            run(instance, made, &tell, &jobs);
        })
        .map_err(|error| format!("it has no thread of its own: {error}"))?;
    match news.recv_timeout(options.create_timeout) {
        Ok(Ok((shared, provider, info))) => Ok(Made {
            instance,
            shared,
            provider,
            info,
        }),
        Ok(Err(message)) => Err(message),
        Err(RecvTimeoutError::Timeout) => {
            drop(news);
            instance.gone(Standing::Abandoned);
            Err(format!(
                "its `create` did not come to an end within {} ms",
                options.create_timeout.as_millis()
            ))
        }
        Err(RecvTimeoutError::Disconnected) => Err("its thread ended in `create`".into()),
    }
}

/// A table on its way into a thread.
struct SendApi(PluginApi);

// SAFETY: it holds nothing but functions, which by the header may be called from every thread.
unsafe impl Send for SendApi {}

/// Calls `create` and asks the new instance what it can do.
fn make(
    instance: &'static Instance,
    api: PluginApi,
    json: &[u8],
) -> Result<(Plugin, Info), String> {
    let living = instance.living().ok_or("its instance is gone")?;
    let (Some(create), true) = (api.create, api.destroy.is_some()) else {
        return Err("its table has no `create` and `destroy`".into());
    };
    let mut pointer: *mut c_void = std::ptr::null_mut();
    let sink = instance.sink();
    // SAFETY: everything lives through the call; the host's table is never freed.
    let status = unsafe {
        create(
            Slice::new(json),
            instance.host_api(),
            &raw mut pointer,
            &raw const sink,
        )
    };
    let said = instance.collected();
    if status != Status::OK {
        instance.gone(Standing::Closed);
        let error = said.as_deref().and_then(|json| {
            let text = String::from_utf8_lossy(json);
            serde_json::from_str::<Error>(&living.secrets.hide(&text)).ok()
        });
        return Err(match error {
            Some(error) => format!("it refused its config: {error}"),
            None => format!("its `create` answered {} without a reason", status.0),
        });
    }
    let provider = extension(&api);
    let plugin = Plugin {
        api,
        provider,
        instance: pointer,
    };
    let mut info = Info::default();
    if let Some(ask) = provider.and_then(|provider| provider.info) {
        let sink = instance.sink();
        // SAFETY: the instance is alive, and the sink lives through the call.
        let status = unsafe { ask(pointer, &raw const sink) };
        let said = instance.collected();
        let read = said.filter(|_| status == Status::OK);
        let read = read.and_then(|json| serde_json::from_slice(&json).ok());
        info = match read {
            Some(info) => info,
            None => {
                // SAFETY: the instance is alive, only this thread knows it, and it ends here.
                api.destroy
                    .into_iter()
                    .for_each(|destroy| unsafe { destroy(pointer) });
                instance.gone(Standing::Closed);
                return Err("its `info` cannot be read".into());
            }
        };
    }
    Ok((plugin, info))
}

/// The extension through which a plugin says what an instance can do.
pub(crate) fn extension(api: &PluginApi) -> Option<PluginProvider> {
    let get = api.get_extension?;
    // SAFETY: by the header, extensions are static tables, and this id has this type.
    let table = unsafe { PluginProvider::read(get(Slice::new(PLUGIN_PROVIDER.as_bytes())).cast()) };
    table.filter(|table| {
        table
            .struct_size
            .is_multiple_of(align_of::<PluginProvider>() as u32)
    })
}

/// Tells the maker of the instance, and becomes its thread.
fn run(
    instance: &'static Instance,
    made: Result<(Plugin, Info), String>,
    tell: &mpsc::Sender<News>,
    jobs: &Receiver<Job>,
) {
    let (plugin, info) = match made {
        Ok(made) => made,
        Err(message) => {
            // Whoever asked may have stopped to wait; then it knows no more than that.
            let _ = tell.send(Err(message));
            return;
        }
    };
    let shared: Shared = Arc::new(RwLock::new(Some(plugin)));
    let news = Ok((Arc::clone(&shared), plugin.provider, info));
    if tell.send(news).is_err() {
        // Nobody waits for it any more: it ends as it should, only late.
        if let Some(destroy) = plugin.api.destroy {
            // SAFETY: the instance is alive, only this thread knows it, and it ends here.
            unsafe { destroy(plugin.instance) };
        }
        return;
    }
    work(instance, plugin, &shared, jobs);
}
