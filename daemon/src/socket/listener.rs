//! Listening sockets. A Unix socket is taken over from nobody who is alive, and its file removed
//! only while it is ours; a TCP port that is taken is told with who has it.
//!
//! Start-ups in one folder take turns by a lock on the folder itself, so that of two daemons that
//! both find a dead socket only one replaces it, and no lock file stays behind.

use std::fmt;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, lchown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use nix::sys::signal::kill;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrLike, SockaddrStorage, UnixAddr, bind,
    connect, getsockname, getsockopt, listen, socket, sockopt,
};
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat};
use nix::unistd::Pid;

use super::port_holder;
use crate::socket::stream::Stream;

/// How often, and how long after each try, another start-up in the folder is waited for.
const LOCK_TRIES: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// How long the worker of a killed daemon may take to notice that it is alone.
const ORPHAN_TRIES: u32 = 300;

/// Why the socket could not be had.
#[derive(Debug)]
pub enum ListenError {
    /// A server answers there.
    AlreadyRunning {
        path: PathBuf,
        pid: Option<i32>,
    },
    /// Something else has that name.
    NotASocket(PathBuf),
    /// Somebody holds the folder's lock for longer than any start-up takes.
    FolderLocked(PathBuf),
    /// The folder, or the socket in it.
    Io {
        path: PathBuf,
        error: io::Error,
    },
    /// Somebody listens there.
    PortTaken {
        address: SocketAddr,
        holder: Option<String>,
    },
    Tcp {
        address: SocketAddr,
        error: io::Error,
    },
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenError::AlreadyRunning { path, pid: Some(pid) } => {
                write!(f, "{} is already running there (PID: {pid})", path.display())
            }
            ListenError::AlreadyRunning { path, pid: None } => {
                write!(f, "{} is already running there", path.display())
            }
            ListenError::NotASocket(path) => {
                write!(f, "{} exists and is not a socket; choose another --socket", path.display())
            }
            ListenError::FolderLocked(path) => {
                write!(f, "{} is locked by another start-up", path.display())
            }
            ListenError::Io { path, error } => write!(f, "{}: {error}", path.display()),
            ListenError::PortTaken { address, holder } => {
                let holder = holder.as_deref().unwrap_or("another process");
                let port = address.port();
                write!(f, "port {port} is taken by {holder}; set daemon.tcp_port")
            }
            ListenError::Tcp { address, error } => {
                write!(f, "{address}: {error}; set daemon.tcp_address or daemon.tcp_port")
            }
        }
    }
}

/// A bound, listening, non-blocking socket.
#[derive(Debug)]
pub enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// The name of a listening socket in the file system; gone when this is dropped.
#[derive(Debug)]
pub struct SocketFile {
    /// With device and inode of the file we made: a later one under our name is not ours to
    /// remove. None once it is removed, or when somebody else made it.
    place: Option<(PathBuf, (u64, u64))>,
}

/// Where to listen, and who may connect.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    pub path: &'a Path,
    /// Permission bits.
    pub mode: u32,
    pub owner: Option<u32>,
    pub group: Option<u32>,
    /// Connections the system may hold for us until we accept them.
    pub backlog: u32,
}

impl Listener {
    pub fn bind(address: &Address<'_>) -> Result<(Listener, SocketFile), ListenError> {
        let path = address.path;
        let at = |path: &Path, error: io::Error| ListenError::Io { path: path.to_owned(), error };
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let turn = File::open(folder).map_err(|error| at(folder, error))?;
        take_turn(&turn, folder)?;
        remove_if_dead(path)?;
        listen_at(address).map_err(|error| at(path, error))
    }

    /// A socket that was bound and listens already; its file is not ours.
    pub fn inherited(socket: OwnedFd) -> io::Result<Listener> {
        let address: SockaddrStorage = getsockname(socket.as_raw_fd())?;
        if !getsockopt(&socket, sockopt::AcceptConn)? {
            return Err(io::Error::other("not a listening socket"));
        }
        match address.family() {
            Some(AddressFamily::Unix) => {
                let socket = UnixListener::from(socket);
                socket.set_nonblocking(true)?;
                Ok(Listener::Unix(socket))
            }
            Some(AddressFamily::Inet | AddressFamily::Inet6) => {
                Listener::of_tcp(TcpListener::from(socket))
            }
            _ => Err(io::Error::other("neither a Unix nor a TCP socket")),
        }
    }

    /// A TCP port at an address of this machine.
    pub fn tcp(address: SocketAddr) -> Result<Listener, ListenError> {
        let outcome = TcpListener::bind(address).and_then(Listener::of_tcp);
        outcome.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                ListenError::PortTaken { address, holder: port_holder::holder(address.port()) }
            }
            _ => ListenError::Tcp { address, error },
        })
    }

    fn of_tcp(socket: TcpListener) -> io::Result<Listener> {
        socket.set_nonblocking(true)?;
        Ok(Listener::Tcp(socket))
    }

    /// The address of a TCP port.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Listener::Unix(_) => None,
            Listener::Tcp(socket) => socket.local_addr().ok(),
        }
    }

    /// Whether clients of other machines may come in here.
    pub fn is_public(&self) -> bool {
        matches!(self, Listener::Tcp(_))
            && !self.address().is_some_and(|address| address.ip().is_loopback())
    }

    /// The next client, if one waits.
    pub fn accept(&self) -> io::Result<Option<Stream>> {
        match self.accept_one() {
            Ok(stream) => Ok(Some(stream)),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => Ok(None),
                // Gone again before we came to it, or a signal: the next round sees what is left.
                io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => Ok(None),
                _ => Err(error),
            },
        }
    }

    fn accept_one(&self) -> io::Result<Stream> {
        match self {
            Listener::Unix(socket) => {
                let (stream, _) = socket.accept()?;
                stream.set_nonblocking(true)?;
                Ok(Stream::Unix(stream))
            }
            Listener::Tcp(socket) => {
                let (stream, _) = socket.accept()?;
                stream.set_nonblocking(true)?;
                // Replies are written whole: there is nothing to wait for.
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listener::Unix(socket) => {
                let address = socket.local_addr().ok();
                let path = address.as_ref().and_then(|address| address.as_pathname());
                path.unwrap_or(Path::new("a Unix socket")).display().fmt(f)
            }
            Listener::Tcp(socket) => match socket.local_addr() {
                Ok(address) => address.fmt(f),
                Err(_) => f.write_str("a TCP port"),
            },
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Listener::Unix(socket) => socket.as_fd(),
            Listener::Tcp(socket) => socket.as_fd(),
        }
    }
}

impl SocketFile {
    /// Of a socket that has none, or one of somebody else's.
    pub const fn none() -> SocketFile {
        SocketFile { place: None }
    }

    /// Takes the name away, unless it is somebody else's by now.
    pub fn remove(&mut self) {
        if let Some((path, file)) = self.place.take()
            && identity(&path).is_ok_and(|there| there == file)
        {
            let _ = fs::remove_file(&path);
        }
    }
}

impl SocketFile {
    /// In a child: the name is the parent's to remove.
    pub fn leave_to_parent(&mut self) {
        self.place = None;
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        self.remove();
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|it| (it.dev(), it.ino()))
}

/// Held until `folder` is closed, so at most until the end of the start-up.
fn take_turn(folder: &File, path: &Path) -> Result<(), ListenError> {
    for _ in 0..LOCK_TRIES {
        match folder.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => {
                return Err(ListenError::Io { path: path.to_owned(), error });
            }
        }
    }
    Err(ListenError::FolderLocked(path.to_owned()))
}

/// What a name in the file system turned out to be.
enum Found {
    Nothing,
    Dead,
    Alive(Option<i32>),
}

fn remove_if_dead(path: &Path) -> Result<(), ListenError> {
    let io_error = |error| ListenError::Io { path: path.to_owned(), error };
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => {}
        Ok(_) => return Err(ListenError::NotASocket(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error(error)),
    }
    match probe_patiently(path).map_err(io_error)? {
        Found::Nothing => Ok(()),
        Found::Alive(pid) => Err(ListenError::AlreadyRunning { path: path.to_owned(), pid }),
        Found::Dead => {
            log::warn!("removing the socket of a daemon that is gone: {}", path.display());
            fs::remove_file(path).map_err(io_error)
        }
    }
}

/// Knocks until it is clear who is there: where the one who opened the socket was killed, a worker
/// of his holds it for another moment.
fn probe_patiently(path: &Path) -> io::Result<Found> {
    for _ in 0..ORPHAN_TRIES {
        match probe(path)? {
            Found::Alive(Some(pid)) if is_gone(pid) => thread::sleep(LOCK_PAUSE),
            found => return Ok(found),
        }
    }
    probe(path)
}

fn is_gone(pid: i32) -> bool {
    pid > 0 && kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH)
}

/// Knocks, without waiting: a live server with a full backlog would not let us in.
fn probe(path: &Path) -> io::Result<Found> {
    let socket = new_socket()?;
    match connect(socket.as_raw_fd(), &UnixAddr::new(path)?) {
        Ok(()) => {
            let peer = getsockopt(&socket, sockopt::PeerCredentials);
            Ok(Found::Alive(peer.ok().map(|peer| peer.pid())))
        }
        Err(Errno::EAGAIN | Errno::EINPROGRESS) => Ok(Found::Alive(None)),
        Err(Errno::ECONNREFUSED) => Ok(Found::Dead),
        Err(Errno::ENOENT) => Ok(Found::Nothing),
        Err(errno) => Err(errno.into()),
    }
}

fn new_socket() -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socket(AddressFamily::Unix, SockType::Stream, flags, None)
}

fn listen_at(address: &Address<'_>) -> io::Result<(Listener, SocketFile)> {
    let path = address.path;
    let socket = new_socket()?;
    bind(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    let file = SocketFile { place: Some((path.to_owned(), identity(path)?)) };
    // Nobody can connect before `listen`, so nobody gets in under a laxer mode.
    if address.owner.is_some() || address.group.is_some() {
        lchown(path, address.owner, address.group)?;
    }
    set_mode(path, address.mode)?;
    let backlog = i32::try_from(address.backlog).unwrap_or(i32::MAX);
    listen(&socket, Backlog::new(backlog.min(Backlog::MAXCONN.into()))?)?;
    Ok((Listener::Unix(UnixListener::from(socket)), file))
}

/// Of the socket, not of what somebody who owns the folder may have put in its place as a link.
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    let bits = Mode::from_bits_truncate(mode);
    match fchmodat(AT_FDCWD, path, bits, FchmodatFlags::NoFollowSymlink) {
        // The system, or its C library, is too old to tell them apart.
        Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => {
            fs::set_permissions(path, Permissions::from_mode(mode))
        }
        outcome => Ok(outcome?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    fn bind(path: &Path) -> Result<(Listener, SocketFile), ListenError> {
        let address = Address { path, mode: 0o660, owner: None, group: None, backlog: 128 };
        Listener::bind(&address)
    }

    #[track_caller]
    fn check(path: &Path, expected: &str) {
        let said = match bind(path) {
            Ok(_) => "bound".to_owned(),
            Err(error) => error.to_string().replace(&path.display().to_string(), "S"),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn a_live_server_keeps_its_socket() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("s");
        let first = bind(&path).unwrap();
        let pid = std::process::id();
        check(&path, &format!("S is already running there (PID: {pid})"));
        drop(first);
        check(&path, "bound");
    }

    #[test]
    fn a_dead_socket_is_replaced() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        check(&path, "bound");
        assert!(!path.exists());
    }

    #[test]
    fn what_is_not_a_socket_is_left_alone() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("s");
        fs::write(&path, "precious").unwrap();
        check(&path, "S exists and is not a socket; choose another --socket");
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let dir = tempdir().unwrap();
        let error = bind(&dir.path().join("no/s")).unwrap_err().to_string();
        assert!(error.contains("/no: No such file"), "{error}");
    }

    #[test]
    fn the_socket_is_for_owner_and_group() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("s");
        let _listener = bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    }

    #[test]
    fn a_file_that_took_our_name_is_not_removed() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("s");
        let listener = bind(&path).unwrap();
        fs::rename(&path, dir.path().join("moved")).unwrap();
        fs::write(&path, "not ours").unwrap();
        drop(listener);
        assert!(path.exists());
    }
}
