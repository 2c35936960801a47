//! The paths, and what each of them is for.

use crate::call::Call;

/// What targets are named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    PushId,
    Alias,
}

impl By {
    /// The parameter that holds the targets.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::PushId => "pushIds",
            Self::Alias => "alias",
        }
    }
}

/// What a path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Notify(By),
    PassThrough(By),
    CreateTask,
    NotifyByTask(By),
    PassThroughByTask(By),
    TaskStatistics,
    DailyStatistics,
    RegisterSwitch,
}

/// One path.
#[derive(Debug)]
pub(super) struct Row {
    path: &'static str,
    pub(super) route: Route,
    /// Parameters besides `appId` and `sign`.
    pub(super) parameters: &'static [&'static str],
    /// Whether GET is taken too; the vendor's SDK posts everything.
    pub(super) by_get: bool,
}

const ROOT: &str = "/garcia/api/server/";
const PACKAGES: &str = "restrictedPackageNames";

const fn post(path: &'static str, route: Route, parameters: &'static [&'static str]) -> Row {
    Row {
        path,
        route,
        parameters,
        by_get: false,
    }
}

const fn get(path: &'static str, route: Route, parameters: &'static [&'static str]) -> Row {
    Row {
        path,
        route,
        parameters,
        by_get: true,
    }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    post("push/varnished/pushByPushId", Route::Notify(By::PushId), &["pushIds", "messageJson", PACKAGES]),
    post("push/varnished/pushByAlias", Route::Notify(By::Alias), &["alias", "messageJson", PACKAGES]),
    post("push/unvarnished/pushByPushId", Route::PassThrough(By::PushId), &["pushIds", "messageJson"]),
    post("push/unvarnished/pushByAlias", Route::PassThrough(By::Alias), &["alias", "messageJson"]),
    post("push/pushTask/getTaskId", Route::CreateTask, &["pushType", "messageJson", PACKAGES]),
    post("push/task/varnished/pushByPushId", Route::NotifyByTask(By::PushId), &["taskId", "pushIds"]),
    post("push/task/varnished/pushByAlias", Route::NotifyByTask(By::Alias), &["taskId", "alias"]),
    post("push/task/unvarnished/pushByPushId", Route::PassThroughByTask(By::PushId), &["taskId", "pushIds"]),
    post("push/task/unvarnished/pushByAlias", Route::PassThroughByTask(By::Alias), &["taskId", "alias"]),
    get("push/statistics/getTaskStatistics", Route::TaskStatistics, &["taskId"]),
    get("push/statistics/dailyPushStatics", Route::DailyStatistics, &["startTime", "endTime"]),
    get("message/getRegisterSwitch", Route::RegisterSwitch, &["pushId"]),
];

/// The row of a call's path.
pub(super) fn find(call: &Call) -> Option<&'static Row> {
    let path = call.path.strip_prefix(ROOT)?;
    ROWS.iter().find(|row| row.path == path)
}
