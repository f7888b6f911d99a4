//! What the frames after a checkpoint say of each project.

use super::Broken;
use super::manifest::{Kept, Manifest};
use super::record::{AboutBytes, Record};
use crate::memory::bytes_of;
use crate::projects::About;
use crate::session::Config;
use goxel_engine::command::Author;
use goxel_engine::digest::Digest;
use goxel_engine::effect::Effect;
use goxel_engine::encode::{Limits, decode_command, decode_project};
use goxel_engine::parallel::Threads;
use goxel_engine::project::{Project, ProjectLimits};
use std::collections::BTreeMap;

/// The records of a journal, sorted by project. Those of closed projects are left out.
#[derive(Debug)]
pub struct Log<'a> {
    pub(crate) made: u64,
    pub(crate) next: u64,
    pub(crate) current: Option<u64>,
    stories: BTreeMap<u64, Story<'a>>,
}

/// What is known of one project.
#[derive(Debug)]
struct Story<'a> {
    id: String,
    about: About,
    base: Base<'a>,
    /// The frame in which it came to be; 0 if the checkpoint has it.
    opened: u64,
    /// With the frame that each is of.
    records: Vec<(u64, Record<'a>)>,
}

/// What a project was at first.
#[derive(Clone, Debug)]
enum Base<'a> {
    File(String),
    Bytes(&'a [u8]),
}

/// A project as the journal says it was at its end.
#[derive(Debug)]
pub struct Rebuilt {
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) about: About,
    pub(crate) project: Project,
    /// The last frame that changed it; 0 if the checkpoint has it as it is.
    pub(crate) changed: u64,
    /// What its volumes weigh, where there is a limit.
    pub(crate) volumes: u64,
    /// How many edits were made again.
    pub edits: usize,
}

impl<'a> Log<'a> {
    /// Sorts the records of frames by project. Frames that the manifest holds already are passed
    /// over.
    pub fn read(
        manifest: &Manifest,
        frames: impl IntoIterator<Item = (u64, &'a [u8])>,
    ) -> Result<Self, Broken> {
        let stories = manifest.projects.iter().map(|kept| (kept.number, Story::of(kept)));
        let mut log = Self {
            made: manifest.made,
            next: manifest.next,
            current: manifest.current,
            stories: stories.collect(),
        };
        for (frame, mut bytes) in frames {
            if frame <= manifest.position {
                continue;
            }
            while !bytes.is_empty() {
                let in_frame = |broken: Broken| broken.in_frame(frame);
                let (number, record) = Record::take(&mut bytes).map_err(in_frame)?;
                log.take_in(frame, number, record).map_err(in_frame)?;
            }
        }
        Ok(log)
    }

    fn take_in(&mut self, frame: u64, number: u64, record: Record<'a>) -> Result<(), Broken> {
        if let Record::Opened { about, project } = record {
            return self.open(frame, number, &about, project);
        }
        if record == Record::Closed {
            self.stories.remove(&number);
            self.current = self.current.filter(|current| *current != number);
            return Ok(());
        }
        match (self.stories.get_mut(&number), record) {
            (Some(story), Record::Saved { path }) => story.about.path = Some(path.to_owned()),
            (Some(story), record) => story.records.push((frame, record)),
            // A mark at the end of the frame in which it was closed.
            (None, Record::Mark { .. } | Record::Digest { .. }) if number < self.next => {}
            (None, _) => return Err(Broken::new("an edit of a project that is not there")),
        }
        Ok(())
    }

    fn open(
        &mut self,
        frame: u64,
        number: u64,
        about: &AboutBytes<'_>,
        project: &'a [u8],
    ) -> Result<(), Broken> {
        if number < self.next {
            return Err(Broken::new("two projects of one number"));
        }
        let story = Story {
            id: about.id.to_owned(),
            about: About {
                name: about.name.to_owned(),
                path: about.path.map(str::to_owned),
                size: about.size,
            },
            base: Base::Bytes(project),
            opened: frame,
            records: Vec::new(),
        };
        self.stories.insert(number, story);
        if about.is_current {
            self.current = Some(number);
        }
        (self.next, self.made) = (number + 1, about.made);
        Ok(())
    }

    /// The numbers of the projects there are at the end, and their ids.
    pub fn projects(&self) -> impl Iterator<Item = (u64, &str)> {
        self.stories.iter().map(|(number, story)| (*number, story.id.as_str()))
    }

    /// The file that a project has to be read from, unless the log itself has what it was.
    pub fn file_of(&self, number: u64) -> Option<&str> {
        match &self.stories.get(&number)?.base {
            Base::File(name) => Some(name),
            Base::Bytes(_) => None,
        }
    }

    /// Leaves a project out.
    pub fn leave_out(&mut self, number: u64) {
        self.stories.remove(&number);
        self.current = self.current.filter(|current| *current != number);
    }

    /// Makes the project what it was at the end of the log; `file` are the bytes of its file, if
    /// it has one. Takes as long as its edits took.
    pub fn rebuild(
        &self,
        number: u64,
        file: Option<&[u8]>,
        config: &Config,
    ) -> Result<Rebuilt, Broken> {
        let story =
            self.stories.get(&number).ok_or_else(|| Broken::new("a project that is not there"))?;
        let project = story.rebuild(file, config).map_err(|broken| broken.of(&story.id))?;
        let volumes = if config.memory().is_some() { bytes_of(project.scene()) } else { 0 };
        Ok(Rebuilt {
            number,
            id: story.id.clone(),
            about: story.about.clone(),
            project: project.with_limits(config.project_limits()),
            volumes,
            changed: story.records.last().map_or(story.opened, |(frame, _)| *frame),
            edits: story.records.iter().filter(|(_, record)| record.is_edit()).count(),
        })
    }
}

impl<'a> Story<'a> {
    fn of(kept: &Kept) -> Self {
        let Kept { id, name, path, size, file, .. } = kept.clone();
        Self {
            id,
            about: About { name, path, size },
            base: Base::File(file),
            opened: 0,
            records: Vec::new(),
        }
    }

    fn rebuild(&self, file: Option<&[u8]>, config: &Config) -> Result<Project, Broken> {
        let limits = trusted();
        let (what, bytes) = match (&self.base, file) {
            (Base::Bytes(bytes), _) => ("what it was at first", *bytes),
            (Base::File(name), Some(bytes)) => (name.as_str(), bytes),
            (Base::File(name), None) => return Err(Broken::new(format!("{name} is missing"))),
        };
        let project = decode_project(bytes, &limits)
            .map_err(|error| Broken::new(format!("{what}: {error}")))?;
        // What was taken back must be there to be made again.
        let project = project.with_threads(Threads(config.threads)).with_limits(ProjectLimits {
            max_steps: usize::MAX,
            max_history_bytes: usize::MAX,
            ..config.project
        });
        let mut replay = Replay::new(project, &self.records);
        replay.meet_digest()?;
        for (frame, record) in &self.records {
            replay.follow(record).map_err(|broken| broken.in_frame(*frame))?;
        }
        Ok(replay.project)
    }
}

/// A project on its way to the end of the log.
struct Replay {
    project: Project,
    limits: Limits,
    /// What its scene has to be like, by revision.
    digests: BTreeMap<u64, [u8; 16]>,
}

impl Replay {
    fn new(project: Project, records: &[(u64, Record<'_>)]) -> Self {
        let first = project.revision();
        let digests = records.iter().filter_map(|(_, record)| match record {
            Record::Digest { revision, digest } if *revision >= first => Some((*revision, *digest)),
            _ => None,
        });
        Self { project, limits: trusted(), digests: digests.collect() }
    }

    fn follow(&mut self, record: &Record<'_>) -> Result<(), Broken> {
        match record {
            Record::Command { author, command } => self.apply(command, *author)?,
            Record::Effect { author, effect } => self.put(effect, *author)?,
            Record::Undo => _ = self.project.undo().map_err(failed("undo"))?,
            Record::Redo => _ = self.project.redo().map_err(failed("redo"))?,
            Record::Mark { revision, fingerprint } => self.meet(*revision, *fingerprint)?,
            Record::Digest { .. }
            | Record::Opened { .. }
            | Record::Closed
            | Record::Saved { .. } => {}
        }
        self.meet_digest()
    }

    fn apply(&mut self, bytes: &[u8], author: Author) -> Result<(), Broken> {
        let command = decode_command(bytes, &self.limits).map_err(failed("a command"))?;
        self.project.apply(command, author).map(|_| ()).map_err(failed("a command"))
    }

    fn put(&mut self, bytes: &[u8], author: Author) -> Result<(), Broken> {
        let effect = Effect::from_bytes(bytes, &self.limits).map_err(failed("an effect"))?;
        self.project.apply_effect(&effect, author).map_err(failed("an effect"))
    }

    fn meet(&self, revision: u64, fingerprint: u64) -> Result<(), Broken> {
        if (self.project.revision(), self.project.fingerprint()) == (revision, fingerprint) {
            return Ok(());
        }
        Err(Broken::new(format!(
            "replay does not meet what was: revision {} for {revision}",
            self.project.revision()
        )))
    }

    /// Where the journal says what the scene was like, it must be like that.
    fn meet_digest(&mut self) -> Result<(), Broken> {
        let revision = self.project.revision();
        let Some(entry) = self.digests.first_entry().filter(|entry| *entry.key() <= revision)
        else {
            return Ok(());
        };
        let (at, digest) = entry.remove_entry();
        if at == revision && Digest::of(self.project.scene()).to_bytes() == digest {
            return Ok(());
        }
        Err(Broken::new(format!("replay does not meet the digest of revision {at}")))
    }
}

/// What was kept was within the limits when it was made; its bytes have the journal's own checks.
fn trusted() -> Limits {
    Limits {
        max_voxels: usize::MAX,
        max_commands: usize::MAX,
        max_pixels: usize::MAX,
        max_text: usize::MAX,
        max_bricks: usize::MAX,
        max_bytes: usize::MAX,
        max_layers: usize::MAX,
        max_inflated: usize::MAX,
    }
}

fn failed<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> Broken {
    move |error| Broken::new(format!("{what} that cannot be carried out: {error}"))
}
