//! Settings of the sockets.

use crate::config::settings::{
    Default::{Is, Made},
    Name, ROW,
    Sets::{Tcp, TcpPart, Value as Takes},
    Setting, legacy, newer,
};
use crate::config::value::{Kind, Unit, Value};
use crate::config::{Id, Values};

pub const NETWORK: &[Setting] = &[
    Setting {
        id: Id::EnableUnix,
        key: "daemon.enable_unix_socket",
        default: Is("true"),
        label: "enable_unix_socket",
        brief: "Listen on the Unix socket",
        ..ROW
    },
    Setting {
        id: Id::SocketPath,
        key: "daemon.socket_path",
        kind: Kind::Path,
        default: Is("/tmp/goxel-daemon.sock"),
        label: "socket path",
        brief: "Unix socket",
        more: "Under 108 bytes. An empty path means Homebrew's \
               /opt/homebrew/var/run/goxel/goxel.sock where its directory exists, and the default \
               elsewhere.",
        flags: &[legacy('s', "socket", Takes("PATH"))],
        env: &[Name("GOXEL_SOCKET_PATH", Unit::One), Name("GOXEL_DAEMON_SOCKET", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::SocketMode,
        key: "security.socket_permissions",
        kind: Kind::Mode,
        default: Is("0660"),
        label: "socket permissions",
        brief: "Permissions of the Unix socket, in octal",
        more: "Who may write to it may connect.",
        also: &[Name("daemon.socket_permissions", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::SocketOwner,
        key: "security.socket_owner",
        kind: Kind::Text,
        label: "socket owner",
        brief: "Owner of the Unix socket, by name or number",
        ..ROW
    },
    Setting {
        id: Id::SocketGroup,
        key: "security.socket_group",
        kind: Kind::Text,
        label: "socket group",
        brief: "Group of the Unix socket, by name or number",
        ..ROW
    },
    Setting {
        id: Id::Backlog,
        key: "daemon.socket_backlog",
        kind: Kind::Count { min: 1, max: 65535 },
        default: Is("128"),
        label: "socket backlog",
        brief: "Clients that may wait to be accepted",
        ..ROW
    },
    Setting {
        id: Id::TcpPort,
        key: "daemon.tcp_port",
        kind: Kind::Count { min: 1, max: 65535 },
        label: "TCP port",
        brief: "TCP port",
        more: "To name one opens TCP. 8080 where TCP is enabled without one.",
        flags: &[newer("port", TcpPart("PORT"))],
        env: &[Name("GOXEL_DAEMON_PORT", Unit::One)],
        // Orchestrators set GOXEL_DAEMON_PORT=tcp://... for a service of that name.
        lenient_env: true,
        ..ROW
    },
    Setting {
        id: Id::TcpAddress,
        key: "daemon.tcp_address",
        kind: Kind::Text,
        label: "TCP address",
        brief: "Address or name to listen on for TCP",
        more: "To name one opens TCP. Without one TCP is on the loopback addresses only.",
        flags: &[newer("bind", TcpPart("ADDRESS"))],
        also: &[Name("server.bind_address", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::EnableTcp,
        key: "daemon.enable_tcp",
        default: Made(enable_tcp, "true when a TCP port or address is given"),
        label: "enable_tcp",
        brief: "Listen on TCP, at HOST:PORT or on loopback",
        flags: &[newer("tcp", Tcp)],
        ..ROW
    },
];

fn enable_tcp(values: &Values) -> Value {
    Value::Switch(values.is_set(Id::TcpPort) || values.is_set(Id::TcpAddress))
}
