//! The registry as lines of JSON, one device each: to move to another store, or to keep.

use std::num::NonZeroUsize;

use futures_util::stream::{self, Stream, StreamExt};

use super::{Device, DeviceQuery, Registry, RegistryError};

/// Devices that an export reads at once.
const PAGE: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// Why a line was not taken in.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is not a device.
    #[error("not a device: {0}")]
    Syntax(String),
    /// The registry refused it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Every device as a line of JSON (without the line's end), in the order of their ids. The lines
/// hold the tokens in full: keep them like passwords. Reads a page at a time.
///
/// ```
/// use futures_util::StreamExt;
/// use zpns_core::service::{Registry, registry};
///
/// # async fn copy(from: &dyn Registry, to: &dyn Registry) -> Result<(), registry::ImportError> {
/// let mut lines = std::pin::pin!(registry::export(from));
/// while let Some(line) = lines.next().await {
///     registry::import_line(to, &line?).await?;
/// }
/// # Ok(())
/// # }
/// ```
pub fn export(registry: &dyn Registry) -> impl Stream<Item = Result<String, RegistryError>> {
    let pages = stream::try_unfold(Some(None), move |after| async move {
        let Some(after) = after else {
            return Ok::<_, RegistryError>(None);
        };
        let page = registry.page(&DeviceQuery::All, after, PAGE).await?;
        Ok(Some((page.devices, page.next.map(Some))))
    });
    pages.flat_map(|page| {
        let lines = match page {
            Ok(devices) => devices.iter().map(line).collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(lines)
    })
}

fn line(device: &Device) -> Result<String, RegistryError> {
    serde_json::to_string(device).map_err(RegistryError::storage)
}

/// Takes one device in from its line. Whether there was one: a blank line holds none.
///
/// # Errors
/// [`ImportError`], which does not repeat the line.
pub async fn import_line(registry: &dyn Registry, line: &str) -> Result<bool, ImportError> {
    if line.trim().is_empty() {
        return Ok(false);
    }
    let device = serde_json::from_str(line).map_err(|error| {
        // The parser's own words may repeat a value.
        let place = format!("line {}, column {}", error.line(), error.column());
        ImportError::Syntax(place)
    })?;
    registry.restore(device).await?;
    Ok(true)
}
