//! Makes the C headers from the sources of `capi`, into `OUT_DIR`.
//!
//! `tests/c_api_headers.rs` compares them with `include/`, and writes them there
//! when told to.

use cbindgen::{Config, DocumentationStyle, EnumConfig, ExportConfig, Language, Style};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The sources of `goxel_headless.h`, in the order of its declarations.
const HEADLESS: [&str; 7] = ["types", "context", "project", "voxels", "layers", "render", "info"];

/// Enums that functions take and structs hold as numbers, so that C can't break them.
const NUMBERS: [(&str, &str); 4] = [
    ("ErrorNumber", "goxel_error_t"),
    ("CameraNumber", "goxel_camera_preset_t"),
    ("FormatNumber", "goxel_render_format_t"),
    ("Flag", "bool"),
];

const GENERATED: &str = "/* Made by build.rs from capi/src/headless: change that, not this. */";

const DAEMON: &str = "\
#ifndef GOXEL_DAEMON_H
#define GOXEL_DAEMON_H

/* The name that this API had for a while; the same declarations. */
#include \"goxel_headless.h\"

#endif /* GOXEL_DAEMON_H */
";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=capi/src/headless");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder"));
    fs::write(out.join("goxel_headless.h"), headless(Path::new("capi/src/headless")))?;
    fs::write(out.join("goxel_daemon.h"), format!("{GENERATED}\n\n{DAEMON}"))
}

fn headless(sources: &Path) -> String {
    let mut builder = cbindgen::Builder::new().with_config(config());
    for source in HEADLESS {
        builder = builder.with_src(sources.join(source).with_extension("rs"));
    }
    let bindings = builder.generate().expect("cbindgen reads capi/src/headless");
    let mut header = Vec::new();
    bindings.write(&mut header);
    let header = String::from_utf8(header).expect("cbindgen writes UTF-8");
    // C++98 has no comma after the last enumerator.
    fold(&header.replace("# Safety", "Safety:").replace(",\n}", "\n}"))
}

/// Puts comments of one line on one line.
fn fold(header: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in header.lines() {
        let folded = match &lines[..] {
            [.., open, text] if open.trim() == "/**" && line.trim() == "*/" => {
                text.trim().strip_prefix('*').map(|text| open.clone() + text + " */")
            }
            _ => None,
        };
        match folded {
            Some(comment) => {
                lines.truncate(lines.len() - 2);
                lines.push(comment);
            }
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

fn config() -> Config {
    Config {
        language: Language::C,
        cpp_compat: true,
        style: Style::Type,
        header: Some(GENERATED.to_owned()),
        include_guard: Some("GOXEL_HEADLESS_H".to_owned()),
        no_includes: true,
        sys_includes: ["stdint.h", "stdbool.h", "stddef.h"].map(str::to_owned).to_vec(),
        after_includes: Some(preamble()),
        usize_is_size_t: true,
        documentation_style: DocumentationStyle::Doxy,
        line_length: 100,
        tab_width: 4,
        enumeration: EnumConfig { prefix_with_name: false, ..EnumConfig::default() },
        export: ExportConfig {
            include: NUMBERS.map(|(_, name)| name.to_owned()).to_vec(),
            rename: NUMBERS.map(|(from, to)| (from.to_owned(), to.to_owned())).into(),
            ..ExportConfig::default()
        },
        ..Config::default()
    }
}

/// What the header says before its types.
fn preamble() -> String {
    let [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"].map(|part| version("_", part));
    let whole = version("", "");
    format!(
        "
/** The version of this header; goxel_get_version() tells that of the library. */
#define GOXEL_VERSION_MAJOR {major}
#define GOXEL_VERSION_MINOR {minor}
#define GOXEL_VERSION_PATCH {patch}
#define GOXEL_VERSION_STRING \"{whole}\"

/** Changes when a program must be compiled again. */
#define GOXEL_API_VERSION 1

/**
 * A context: one project, one lock, the text of the last error. Contexts share nothing.
 * Any thread may call on any context; calls on one context wait for each other.
 */
typedef struct goxel_context goxel_context_t;"
    )
}

fn version(joint: &str, part: &str) -> String {
    env::var(format!("CARGO_PKG_VERSION{joint}{part}")).expect("cargo names the version")
}
