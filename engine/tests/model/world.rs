//! A project and its model, driven by the same commands; what goes wrong is made small.

use crate::compare::{compare, compare_all, compare_drawn, same};
use crate::dice::Dice;
use crate::draw::Draw;
use crate::state::{self, Model, State};
use goxel_engine::command::{Author, Command};
use goxel_engine::digest::Digest;
use goxel_engine::effect::Effect;
use goxel_engine::encode::{self, Limits};
use goxel_engine::parallel::Threads;
use goxel_engine::project::{Project, ProjectError, ProjectLimits};
use goxel_engine::scene::Scene;
use goxel_engine::snapshot::Snapshot;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What was done to a world.
#[derive(Clone, Debug)]
pub enum Action {
    Do(Command, Author),
    /// Takes so many steps back and makes so many of them again.
    Undo {
        back: usize,
        again: usize,
    },
    /// Looks at what is drawn.
    Draw,
}

/// A project and a model that should be the same.
pub struct World {
    project: Project,
    model: Model,
    /// The states between the steps since the last mark, oldest first, and who led to each.
    states: Vec<(State, Author)>,
    /// Frozen at the last mark.
    frozen: Snapshot,
    /// Whether bricks are so few that growing may be refused.
    tight: bool,
}

impl World {
    pub fn new(limits: state::Limits) -> Self {
        let of_project = ProjectLimits {
            max_bricks: limits.bricks,
            max_layers: limits.layers,
            max_listed: limits.listed,
            ..ProjectLimits::default()
        };
        let model = Model::new(limits);
        let project = Project::new().with_limits(of_project).with_threads(Threads(2));
        Self {
            frozen: project.snapshot(),
            project,
            states: vec![(model.now.clone(), Author::default())],
            model,
            tight: limits.bricks < 1000,
        }
    }

    fn check(&self) -> Result<(), String> {
        compare_all(&self.project, &self.model)
    }

    fn act(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Do(command, author) => self.apply(command, *author),
            Action::Undo { back, again } => self.go_back(*back, *again),
            Action::Draw => compare_drawn(&self.project.snapshot(), &self.model.now),
        }
    }

    fn apply(&mut self, command: &Command, author: Author) -> Result<(), String> {
        check_command_bytes(command)?;
        let (steps, revision) = (self.project.steps(), self.project.revision());
        let before = self.tight.then(|| self.model.clone());
        let answer = self.project.apply(command.clone(), author);
        let mut expected = self.model.apply(command);
        if let Some(before) = before {
            let full = matches!(answer, Err(ProjectError::ProjectFull { .. }));
            if full || expected.is_ok() && self.model.bricks() > self.model.limits.bricks {
                // What does not fit is refused; so may be what could have been too large.
                self.model = before;
                expected = Err(state::Refused);
            }
        }
        let outcome = match (answer, expected) {
            (Ok(outcome), Ok(expected)) => {
                same("layer of the outcome", &outcome.layer.0, &expected.layer)?;
                let touched = expected.touched.unwrap_or(outcome.touched);
                same("touched", &outcome.touched, &touched)?;
                expected
            }
            (Err(_), Err(_)) => {
                same("steps after a refusal", &self.project.steps(), &steps)?;
                return same("revision after a refusal", &self.project.revision(), &revision);
            }
            (answer, expected) => return Err(format!("engine {answer:?}, model {expected:?}")),
        };
        let is_step = self.project.revision() != revision;
        let (done, undone) = if is_step { (steps.0 + 1, 0) } else { steps };
        same("steps", &self.project.steps(), &(done, undone))?;
        if let Some(step) = outcome.step {
            same("being a step", &is_step, &step)?;
        }
        if is_step {
            self.states.push((self.model.now.clone(), author));
        }
        Ok(())
    }

    /// Never further than the first known state; the clipboard stays as it is.
    fn go_back(&mut self, back: usize, again: usize) -> Result<(), String> {
        let last = self.states.len() - 1;
        let back = back.min(last);
        for step in 0..back {
            let author = self.project.undo().map_err(|error| error.to_string())?;
            same("author of a step undone", &author, &self.states[last - step].1)?;
        }
        self.compare_with(last - back)?;
        let again = again.min(back);
        for step in 0..again {
            let author = self.project.redo().map_err(|error| error.to_string())?;
            same("author of a step redone", &author, &self.states[last - back + step + 1].1)?;
        }
        self.states.truncate(last - back + again + 1);
        self.compare_with(last - back + again)?;
        self.model.now = self.states.last().expect("the first stays").0.clone();
        Ok(())
    }

    fn compare_with(&self, index: usize) -> Result<(), String> {
        compare(self.project.scene(), &self.states[index].0).map_err(|why| format!("undone: {why}"))
    }

    /// Takes everything since the last mark back, and makes it again.
    fn there_and_back(&mut self) -> Result<(), String> {
        self.check()?;
        let (start, now) = (self.frozen.clone(), self.project.snapshot());
        compare(start.scene(), &self.states[0].0).map_err(|why| format!("frozen: {why}"))?;
        check_bytes(start.scene(), now.scene())?;
        let count = self.states.len() - 1;
        for _ in 0..count {
            self.project.undo().map_err(|error| error.to_string())?;
        }
        self.compare_with(0)?;
        check_same_scene("undo of a window", self.project.scene(), start.scene())?;
        for _ in 0..count {
            self.project.redo().map_err(|error| error.to_string())?;
        }
        self.check()?;
        check_same_scene("redo of a window", self.project.scene(), now.scene())
    }

    /// From here on.
    fn mark(&mut self) {
        self.states = vec![(self.model.now.clone(), Author::default())];
        self.frozen = self.project.snapshot();
    }

    /// Undo of everything is the first scene.
    fn back_to_the_start(&mut self) -> Result<(), String> {
        while self.project.undo().is_ok() {}
        check_same_scene("undo of everything", self.project.scene(), Project::new().scene())
    }
}

fn check_same_scene(what: &str, scene: &Scene, expected: &Scene) -> Result<(), String> {
    same(&format!("scene after {what}"), &(scene == expected), &true)?;
    same(&format!("digest after {what}"), &Digest::of(scene), &Digest::of(expected))
}

/// A window's change as bytes makes the same scene again; digests follow it.
fn check_bytes(start: &Scene, now: &Scene) -> Result<(), String> {
    let digest = Digest::of(start).after(start, now);
    same("digest that followed", &digest, &Digest::of(now))?;
    let bytes = Effect::between(start, now).to_bytes();
    let effect = Effect::from_bytes(&bytes, &Limits::default()).map_err(|e| e.to_string())?;
    let mut made = start.clone();
    effect.apply(&mut made).map_err(|error| format!("{error:?}"))?;
    check_same_scene("an effect", &made, now)
}

/// Commands come back from their bytes; groups in groups are refused there too.
fn check_command_bytes(command: &Command) -> Result<(), String> {
    let decoded = encode::decode_command(&encode::command(command), &Limits::default()).ok();
    let is_group = |command: &Command| matches!(command, Command::Group(_));
    let nested = matches!(command, Command::Group(all) if all.iter().any(is_group));
    same("decoded command", &decoded.as_ref(), &(!nested).then_some(command))
}

/// Runs a world of that many windows of so many actions each.
pub fn run_world(seed: u64, windows: usize, window: usize) {
    let limits = limits_of(seed);
    let mut draw = Draw::new(Dice::new(seed));
    let mut done = Vec::new();
    let mut world = World::new(limits);
    let result = catch_unwind(AssertUnwindSafe(|| -> Result<(), String> {
        for _ in 0..windows {
            world.mark();
            for _ in 0..window {
                let action = draw_action(&mut draw, &world.model);
                done.push(action.clone());
                world.act(&action)?;
            }
            world.there_and_back()?;
        }
        world.back_to_the_start()
    }));
    let why = match result {
        Ok(Ok(())) => return,
        Ok(Err(why)) => why,
        Err(_) => "a panic".to_owned(),
    };
    report(seed, limits, &why, done);
}

fn draw_action(draw: &mut Draw, model: &Model) -> Action {
    match draw.dice.below(120) {
        0 | 1 => Action::Undo { back: draw.dice.below(6), again: draw.dice.below(6) },
        2 | 3 => Action::Draw,
        _ => Action::Do(draw.command(model), Author(u64::from(draw.dice.once_in(4)))),
    }
}

/// One world in four has few bricks.
pub fn limits_of(seed: u64) -> state::Limits {
    let bricks = if seed.is_multiple_of(4) { 24 } else { 2048 };
    state::Limits { bricks, layers: 6, listed: 3 }
}

fn report(seed: u64, limits: state::Limits, why: &str, done: Vec<Action>) -> ! {
    let (index, last) = (done.len(), done.len().saturating_sub(5));
    let tail: Vec<String> = done[last..].iter().map(|action| format!("{action:?}")).collect();
    let small = shrunk(limits, done);
    let steps: Vec<String> = small.iter().map(|action| format!("{action:?}")).collect();
    let again = failure(limits, &small).map_or_else(|| "not repeated".to_owned(), |found| found.1);
    panic!(
        "seed {seed}, action {index}: {why}\nthe last actions:\n  {}\nenough to see it ({again}):\n  {}\n",
        tail.join("\n  "),
        steps.join("\n  "),
    );
}

/// After how many actions something is wrong, and what.
fn failure(limits: state::Limits, actions: &[Action]) -> Option<(usize, String)> {
    let mut world = World::new(limits);
    for (index, action) in actions.iter().enumerate() {
        let act = || world.act(action).and_then(|()| world.check());
        match catch_unwind(AssertUnwindSafe(act)) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => return Some((index + 1, why)),
            Err(_) => return Some((index + 1, "a panic".to_owned())),
        }
    }
    let end = || world.there_and_back().and_then(|()| world.back_to_the_start());
    match catch_unwind(AssertUnwindSafe(end)) {
        Ok(Ok(())) => None,
        Ok(Err(why)) => Some((actions.len(), why)),
        Err(_) => Some((actions.len(), "a panic at the end".to_owned())),
    }
}

/// As few of the actions as still go wrong.
fn shrunk(limits: state::Limits, mut actions: Vec<Action>) -> Vec<Action> {
    let Some((first, _)) = failure(limits, &actions) else { return Vec::new() };
    actions.truncate(first);
    let mut size = actions.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < actions.len() {
            let mut fewer = actions.clone();
            fewer.drain(from..(from + size).min(actions.len()));
            match failure(limits, &fewer) {
                Some((first, _)) => {
                    fewer.truncate(first);
                    actions = fewer;
                }
                None => from += size,
            }
        }
        size /= 2;
    }
    actions
}
