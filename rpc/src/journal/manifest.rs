//! What a checkpoint holds, beside the projects' own files.

use super::Broken;
use serde::{Deserialize, Serialize};

/// The version of a manifest.
const VERSION: u32 = 1;

/// Which projects there were after a frame, and where each is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub(crate) version: u32,
    /// The last frame that the checkpoint holds; 0 before the first.
    pub position: u64,
    /// How many projects were given a number for an id.
    pub(crate) made: u64,
    /// The number that the journal gives the next project.
    pub(crate) next: u64,
    /// The number of everybody's current project.
    pub(crate) current: Option<u64>,
    /// The projects, by number.
    pub projects: Vec<Kept>,
}

/// A project as a checkpoint knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its number in the journal; no other project ever has it.
    pub number: u64,
    /// Its id.
    pub id: String,
    /// The file that it is in.
    pub file: String,
    pub(crate) name: String,
    pub(crate) path: Option<String>,
    pub(crate) size: [i32; 3],
}

impl Manifest {
    /// Nothing, before the first frame.
    pub fn nothing() -> Self {
        Self { version: VERSION, next: 1, ..Self::default() }
    }

    /// The manifest as a text.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Refuses a text that says it is of another version, whatever else it is. What comes behind
    /// the manifest is not looked at.
    pub fn check_version(text: &[u8]) -> Result<(), Broken> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let mut values = serde_json::Deserializer::from_slice(text).into_iter();
        let first = values.next().unwrap_or(Ok(Versioned { version: VERSION }));
        match first.map_err(|error| not_json(&error))?.version {
            VERSION => Ok(()),
            version => {
                let text = format!("a manifest of version {version}; this goxel knows {VERSION}");
                Err(Broken::new(text))
            }
        }
    }

    /// The manifest that is this text.
    pub fn from_text(text: &[u8]) -> Result<Self, Broken> {
        Self::check_version(text)?;
        let manifest: Self = serde_json::from_slice(text).map_err(|error| not_json(&error))?;
        let is_sound = manifest.projects.is_sorted_by(|a, b| a.number < b.number)
            && manifest.projects.iter().all(|kept| kept.number < manifest.next);
        if !is_sound {
            return Err(Broken::new("a manifest with projects out of order"));
        }
        Ok(manifest)
    }
}

fn not_json(error: &serde_json::Error) -> Broken {
    Broken::new(format!("a manifest with {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_comes_back() {
        let kept = |number: u64| Kept {
            number,
            id: format!("project-{number}"),
            file: format!("{number}.project"),
            name: "A \"house\"".to_owned(),
            path: (number == 2).then(|| "/tmp/house.gox".to_owned()),
            size: [64; 3],
        };
        let projects = vec![kept(2), kept(5)];
        let manifest = Manifest {
            position: 12,
            made: 5,
            next: 6,
            current: Some(5),
            projects,
            ..Manifest::nothing()
        };
        assert_eq!(Manifest::from_text(manifest.to_text().as_bytes()), Ok(manifest.clone()));
        let swapped = Manifest { projects: vec![kept(5), kept(2)], ..manifest.clone() };
        assert!(Manifest::from_text(swapped.to_text().as_bytes()).is_err());
        let newer = Manifest { version: 2, ..manifest };
        let refused = Manifest::from_text(newer.to_text().as_bytes()).expect_err("it is newer");
        assert!(refused.to_string().contains("version 2"), "{refused}");
    }
}
