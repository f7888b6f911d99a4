//! Who the process is to the system, and how it stops being somebody stronger.

use std::ffi::CString;
use std::fmt;

use nix::errno::Errno;
use nix::unistd::{Gid, Group, Uid, User, getgid, getuid, initgroups, setgid, setgroups, setuid};

/// A user and his groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    uid: Uid,
    gid: Gid,
    /// The user's name, if he has one: his other groups are found by it.
    name: Option<CString>,
    /// Whether nobody else was asked for.
    ours: bool,
}

/// Why nobody else can be had.
#[derive(Debug, PartialEq, Eq)]
pub enum IdentityError {
    NoUser(String),
    NoGroup(String),
    Refused {
        what: &'static str,
        errno: Errno,
    },
    /// The system let us come back: what was dropped was not dropped.
    NotDropped,
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdentityError::NoUser(name) => write!(f, "there is no user {name}; set daemon.user"),
            IdentityError::NoGroup(name) => {
                write!(f, "there is no group {name}; set daemon.group")
            }
            IdentityError::Refused { what, errno: Errno::EPERM } => {
                write!(f, "{what} may only be changed by root; start as root or leave it out")
            }
            IdentityError::Refused { what, errno } => write!(f, "{what}: {errno}"),
            IdentityError::NotDropped => f.write_str("privileges came back after being dropped"),
        }
    }
}

impl Identity {
    /// Who we are.
    pub fn ours() -> Identity {
        Identity { uid: getuid(), gid: getgid(), name: None, ours: true }
    }

    /// Who is asked for, by names or numbers. The group is the user's, if none is asked for.
    pub fn of(user: Option<&str>, group: Option<&str>) -> Result<Identity, IdentityError> {
        let mut identity = Identity::ours();
        if let Some(name) = user {
            let (uid, known) = find_user(name)?;
            identity.uid = uid;
            if let Some(known) = known {
                identity.gid = known.gid;
                identity.name = CString::new(known.name).ok();
            }
        }
        if let Some(name) = group {
            identity.gid = find_group(name)?;
        }
        identity.ours = identity.uid == getuid() && identity.gid == getgid();
        Ok(identity)
    }

    pub const fn is_ours(&self) -> bool {
        self.ours
    }

    pub const fn uid(&self) -> u32 {
        self.uid.as_raw()
    }

    pub const fn gid(&self) -> u32 {
        self.gid.as_raw()
    }

    /// Becomes this user, for good. Groups go first: afterwards they may not be changed.
    pub fn assume(&self) -> Result<(), IdentityError> {
        if self.ours {
            return Ok(());
        }
        let refused = |what| move |errno| IdentityError::Refused { what, errno };
        match &self.name {
            Some(name) => initgroups(name, self.gid).map_err(refused("groups"))?,
            None => setgroups(&[self.gid]).map_err(refused("groups"))?,
        }
        setgid(self.gid).map_err(refused("group"))?;
        setuid(self.uid).map_err(refused("user"))?;
        let is_root = self.uid.is_root();
        if !is_root && (setuid(Uid::from_raw(0)).is_ok() || getuid() != self.uid) {
            return Err(IdentityError::NotDropped);
        }
        Ok(())
    }
}

fn find_user(name: &str) -> Result<(Uid, Option<User>), IdentityError> {
    let missing = || IdentityError::NoUser(name.to_owned());
    if let Ok(number) = name.parse() {
        let uid = Uid::from_raw(number);
        // A number needs no entry: containers have such users.
        return Ok((uid, User::from_uid(uid).ok().flatten()));
    }
    let user = User::from_name(name).ok().flatten().ok_or_else(missing)?;
    Ok((user.uid, Some(user)))
}

/// The number of a group, by its name or as it is.
pub fn find_group(name: &str) -> Result<Gid, IdentityError> {
    if let Ok(number) = name.parse() {
        return Ok(Gid::from_raw(number));
    }
    let group = Group::from_name(name).ok().flatten();
    group.map(|group| group.gid).ok_or_else(|| IdentityError::NoGroup(name.to_owned()))
}

/// The number of a user, by his name or as it is.
pub fn find_uid(name: &str) -> Result<Uid, IdentityError> {
    find_user(name).map(|(uid, _)| uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_found_and_others_named() {
        let root = Identity::of(Some("root"), None).unwrap();
        assert_eq!((root.uid(), root.gid()), (0, 0));
        let numbers = Identity::of(Some("4711"), Some("4712")).unwrap();
        assert_eq!((numbers.uid(), numbers.gid()), (4711, 4712));
        assert!(!numbers.is_ours());
        let error = |user, group| Identity::of(user, group).unwrap_err().to_string();
        assert_eq!(error(Some("no-one"), None), "there is no user no-one; set daemon.user");
        assert_eq!(error(None, Some("no-group")), "there is no group no-group; set daemon.group");
    }

    #[test]
    fn being_oneself_needs_no_right() {
        assert_eq!(Identity::of(None, None), Ok(Identity::ours()));
        assert_eq!(Identity::ours().assume(), Ok(()));
    }
}
