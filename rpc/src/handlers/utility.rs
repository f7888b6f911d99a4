//! The utility methods: they ask about the program, not about the project.

use crate::error::Answer;
use crate::host::{Facts, Host};
use crate::params::Params;
use crate::session::Asked;
use crate::table;
use serde_json::{Value, json};

/// The version of this program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `version`
pub(crate) fn version(_: &Asked<'_>, _: &dyn Host, _: &Params<'_>) -> Answer {
    Ok(json!({ "version": VERSION, "type": "daemon", "protocol": "JSON-RPC 2.0" }))
}

/// `echo`: the parameters themselves.
pub(crate) fn echo(params: &Params<'_>) -> Answer {
    Ok(match params.raw() {
        Value::Null => json!({}),
        value => value.clone(),
    })
}

/// `ping`
pub(crate) fn ping(_: &Asked<'_>, host: &dyn Host, _: &Params<'_>) -> Answer {
    Ok(json!({ "pong": true, "timestamp": host.unix_seconds() }))
}

/// `status`
pub(crate) fn status(_: &Asked<'_>, host: &dyn Host, _: &Params<'_>) -> Answer {
    let Facts { pid, hostname, local_time, uptime_seconds, connections, memory_bytes, .. } =
        host.facts();
    Ok(json!({
        "status": "running",
        "pid": pid,
        "current_time": local_time,
        "hostname": hostname,
        "goxel_initialized": true,
        "methods_available": table::METHODS.len(),
        "memory_allocated": memory_bytes,
        "uptime_seconds": uptime_seconds,
        "version": VERSION,
        "active_connections": connections,
    }))
}

/// `authenticate`: whoever gets here is known already.
pub(crate) fn authenticate(_: &Asked<'_>, _: &dyn Host, _: &Params<'_>) -> Answer {
    Ok(json!({ "success": true }))
}

/// `list_methods`
pub(crate) fn list_methods(_: &Asked<'_>, _: &dyn Host, _: &Params<'_>) -> Answer {
    let row = |method: &crate::method::Method| {
        json!({
            "method": method.name,
            "description": method.about,
            "aliases": method.aliases,
            "positional": method.positional,
        })
    };
    let methods: Vec<Value> = table::METHODS.iter().map(row).collect();
    Ok(json!({ "count": methods.len(), "methods": methods }))
}
