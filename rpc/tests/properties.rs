//! Whatever the parameters, a method answers, and a refused call changes nothing.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests read better so")]

mod common;

use common::Rig;
use goxel_engine::project::ProjectLimits;
use goxel_rpc::Config;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NAMES: &[&str] = &[
    "x",
    "y",
    "z",
    "position",
    "r",
    "g",
    "b",
    "a",
    "color",
    "layer_id",
    "layer_name",
    "voxels",
    "box",
    "min",
    "max",
    "brush",
    "shape",
    "size",
    "size_x",
    "center",
    "tolerance",
    "path",
    "format",
    "name",
    "visible",
    "width",
    "height",
    "camera_preset",
    "camera",
    "options",
    "target",
    "return_mode",
    "background",
    "template",
    "angles",
    "mode",
    "source",
    "exact",
    "merge_down",
    "operations",
    "type",
];

const TEXTS: &[&str] = &[
    "",
    "#FF0000",
    "#12",
    "current",
    "1",
    "99",
    "Layer.1",
    "cube",
    "sphere",
    "front",
    "vox",
    "gox",
    "/a.gox",
    "/a.vox",
    "/denied/a.gox",
    "a.obj",
    "base64",
    "transparent",
    "add",
    "paint",
    "flat",
    "\u{0}é",
];

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (-3i64..12).prop_map(Value::from),
        1 => prop::sample::select(vec![i64::MIN, i64::MAX, 1 << 31, -(1 << 31)]).prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => (0.0f64..1.0).prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        6 => number(),
        3 => prop::sample::select(TEXTS.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            members(inner).prop_map(Value::Object),
        ]
    })
}

fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let name = prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    prop::collection::vec((name, value), 0..6).prop_map(Map::from_iter)
}

fn params() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => prop::collection::vec(value(), 0..9).prop_map(Value::from),
        5 => members(value()).prop_map(Value::Object),
        1 => Just(Value::Null),
    ]
}

fn methods() -> Vec<String> {
    let listed = Rig::new().ask("list_methods", json!([]));
    let rows = listed["methods"].as_array().unwrap().iter();
    rows.map(|row| row["method"].as_str().unwrap().to_owned()).collect()
}

fn config() -> Config {
    let project =
        ProjectLimits { max_bricks: 256, max_layers: 5, max_steps: 20, ..ProjectLimits::default() };
    Config { project, ..Config::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_parameters_are_answered_and_a_refusal_changes_nothing(
        calls in prop::collection::vec((prop::sample::select(methods()), params()), 1..8),
        with_project in any::<bool>(),
    ) {
        let mut rig = Rig::of(config());
        if with_project {
            rig.ask("create_project", json!([]));
            rig.ask("procedural_shape", json!(["sphere", 6, 6, 6]));
        }
        for (method, params) in calls {
            let before = rig.state();
            let found = rig.ask(&method, params.clone());
            if let Some(error) = found.get("error") {
                prop_assert!(error["message"].is_string());
                prop_assert_ne!(&error["data"]["reason"], "internal", "{} {}", method, params);
                prop_assert_eq!(rig.state(), before, "{} {}", method, params);
            }
        }
    }
}
