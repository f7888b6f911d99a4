//! Where the state is.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::process::privileges::Identity;

/// Only its owner may look into it: projects are nobody else's business.
const MODE: u32 = 0o700;

/// The folder that is configured, or the one of this socket in the place for such things: the
/// service manager's (`STATE_DIRECTORY`), the user's (`XDG_STATE_HOME`, `~/.local/state`), or
/// root's `/var/lib`. `None` where there is none of these.
pub fn of(config: &Config) -> Option<PathBuf> {
    if let Some(dir) = &config.state.dir {
        return Some(dir.clone());
    }
    let set = |name: &str| env::var_os(name).filter(|text| text.as_bytes().starts_with(b"/"));
    // systemd gives several, with colons between.
    if let Some(dirs) = set("STATE_DIRECTORY") {
        let first = dirs.as_bytes().split(|byte| *byte == b':').next()?;
        return Some(PathBuf::from(OsStr::from_bytes(first)));
    }
    let base = match (set("XDG_STATE_HOME"), set("HOME")) {
        (Some(dir), _) => PathBuf::from(dir),
        _ if Identity::ours().uid() == 0 => PathBuf::from("/var/lib"),
        (None, Some(home)) => PathBuf::from(home).join(".local/state"),
        (None, None) => return None,
    };
    Some(base.join("goxel").join(name_of(&config.unix.path)))
}

/// The path of the socket as the name of a folder: two daemons never share one.
fn name_of(socket: &Path) -> PathBuf {
    let absolute = std::path::absolute(socket).unwrap_or_else(|_| socket.to_owned());
    let text = absolute.to_string_lossy();
    let name: String = text
        .trim_start_matches('/')
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() || "._".contains(it) { it } else { '-' })
        .collect();
    PathBuf::from(name)
}

/// Makes the folder if it is missing, and those above it. What is made will belong to `owner`.
pub fn make(dir: &Path, owner: &Identity) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    dir.parent().map_or(Ok(()), make_above)?;
    DirBuilder::new().mode(MODE).create(dir)?;
    if owner.is_ours() {
        return Ok(());
    }
    chown(dir, Some(owner.uid()), Some(owner.gid()))
}

/// Folders on the way, which others may pass whatever the umask is: the daemon may become another
/// user.
fn make_above(dir: &Path) -> io::Result<()> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    dir.parent().map_or(Ok(()), make_above)?;
    fs::create_dir(dir)?;
    fs::set_permissions(dir, Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_socket_has_a_folder_of_its_own() {
        for (socket, name) in [
            ("/tmp/goxel.sock", "tmp-goxel.sock"),
            ("/run/a b/g.sock", "run-a-b-g.sock"),
            ("/run/../x", "run-..-x"),
        ] {
            assert_eq!(name_of(Path::new(socket)), Path::new(name), "{socket}");
        }
    }
}
