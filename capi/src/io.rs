//! Files: read whole and bounded, written complete or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest file that is read.
const MAX_BYTES: u64 = 1 << 30;

/// How sure a written file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// On the disk before the call returns: someone's work.
    Synced,
    /// Left to the system: what can be made again.
    Quick,
}

/// The bytes of a file.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    // The length says enough for a file; a pipe or a device has none and is cut.
    let too_large = file.metadata()?.len() > MAX_BYTES
        || file.take(MAX_BYTES + 1).read_to_end(&mut bytes)? as u64 > MAX_BYTES;
    if too_large {
        let why = format!("larger than the limit of {MAX_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// Makes the file hold the bytes. On failure it is as it was.
///
/// A link is followed. What is no regular file (a pipe, `/dev/stdout`) is
/// written to directly.
pub fn write(path: &Path, bytes: &[u8], care: Care) -> io::Result<()> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => {
            OpenOptions::new().write(true).open(path)?.write_all(bytes)
        }
        Ok(there) => {
            // A file that may not be written is not replaced either.
            OpenOptions::new().write(true).open(path)?;
            replace(path, bytes, care, Some(there.permissions()))
        }
        Err(_) => replace(path, bytes, care, None),
    }
}

fn replace(
    path: &Path,
    bytes: &[u8],
    care: Care,
    permissions: Option<fs::Permissions>,
) -> io::Result<()> {
    let (beside, file) = create_beside(path)?;
    let written = fill(file, bytes, care, permissions);
    let done = written.and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // What is in the way of the rename may be in the way of this too.
        let _ = fs::remove_file(&beside);
    }
    done
}

fn fill(
    mut file: File,
    bytes: &[u8],
    care: Care,
    permissions: Option<fs::Permissions>,
) -> io::Result<()> {
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(bytes)?;
    match care {
        Care::Synced => file.sync_all(),
        Care::Quick => Ok(()),
    }
}

/// A new file in the same folder, under a name that nobody else uses.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let beside = path.with_file_name(format!(".goxel-{}-{count}.part", process::id()));
        match File::create_new(&beside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return Ok((beside, made?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn names(dir: &Path) -> Vec<OsString> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_written_file_is_the_only_one_left_and_keeps_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        write(&file, b"old", Care::Quick).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        write(&file, b"new", Care::Synced).unwrap();
        assert_eq!(read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(dir.path()), ["a"]);
    }

    #[test]
    fn a_name_may_be_as_long_as_names_may_be() {
        let dir = tempfile::tempdir().unwrap();
        let name = "n".repeat(255);
        write(&dir.path().join(&name), b"x", Care::Quick).unwrap();
        assert_eq!(names(dir.path()), [OsString::from(name)]);
    }

    #[test]
    fn a_file_over_the_limit_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("large");
        File::create(&file).unwrap().set_len(MAX_BYTES + 1).unwrap();
        assert_eq!(read(&file).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, b"old").unwrap();
        symlink(&file, &link).unwrap();
        write(&link, b"new", Care::Quick).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_device_is_written_to_and_stays_a_device() {
        write(Path::new("/dev/null"), b"gone", Care::Synced).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_path_that_cannot_be_written_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), b"").unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        for path in ["a/file", "none/file", "b", ""] {
            let path = if path.is_empty() { PathBuf::new() } else { dir.path().join(path) };
            assert!(write(&path, b"x", Care::Quick).is_err(), "{path:?}");
        }
        assert_eq!(names(dir.path()), ["a", "b"]);
    }
}
