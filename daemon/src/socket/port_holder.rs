//! Who listens on a TCP port, as far as the system lets us see it.

use std::fs;
use std::path::Path;

/// What `/proc/net/tcp` calls a socket that listens.
const LISTENING: &str = "0A";

/// The name and number of a process that listens there.
pub fn holder(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let sockets: Vec<_> = tables.iter().flatten().flat_map(|table| sockets(table, port)).collect();
    let processes = fs::read_dir("/proc").ok()?;
    let mut numbered = processes.flatten().filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((pid, entry.path()))
    });
    let (pid, path) = numbered.find(|(_, path)| has_one(path, &sockets))?;
    let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
    Some(format!("{} (PID: {pid})", name.trim()))
}

/// The inodes of sockets that listen on a port, as links to them are written.
fn sockets(table: &str, port: u16) -> impl Iterator<Item = String> {
    let ending = format!(":{port:04X}");
    table.lines().skip(1).filter_map(move |line| {
        let mut fields = line.split_whitespace();
        let (local, state) = (fields.nth(1)?, fields.nth(1)?);
        let inode = fields.nth(5)?;
        (local.ends_with(&ending) && state == LISTENING).then(|| format!("socket:[{inode}]"))
    })
}

fn has_one(process: &Path, sockets: &[String]) -> bool {
    let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let links = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    links
        .filter_map(|link| link.into_os_string().into_string().ok())
        .any(|it| sockets.contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_listening_process_is_named() {
        let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let found = holder(socket.local_addr().unwrap().port()).unwrap();
        assert!(found.ends_with(&format!("(PID: {})", std::process::id())), "{found}");
    }
}
