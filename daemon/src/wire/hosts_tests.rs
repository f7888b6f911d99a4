use super::hosts::is_same_site;
use super::*;

fn listening(addresses: &[&str], names: &[&str]) -> Hosts {
    let addresses: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    Hosts::listening(addresses, names.iter().map(|name| (*name).to_owned()))
}

#[track_caller]
fn check(hosts: &Hosts, allowed: &[&str], refused: &[&str]) {
    for authority in allowed {
        assert!(hosts.allow(authority), "{authority:?} is ours");
    }
    for authority in refused {
        assert!(!hosts.allow(authority), "{authority:?} is not ours");
    }
}

#[test]
fn loopback_is_always_ours_on_any_port() {
    check(
        &listening(&[], &[]),
        &[
            "localhost",
            "Localhost:8080",
            "localhost.",
            "localhost:",
            "127.0.0.1:1",
            "127.1.2.3",
            "[::1]",
            "[::1]:65535",
            "[0:0:0:0:0:0:0:1]:80",
            "[::ffff:127.0.0.1]",
        ],
        &[
            "",
            ":80",
            "example.org",
            "10.0.0.1",
            "[::2]",
            "localhost:x",
            "localhost:65536",
            "localhost:80:80",
            "[::1",
            "[::1]80",
            "::1:",
            "0.0.0.0",
            "a.localhost",
            "127.0.0.1.x",
            "localhost/x",
            " localhost",
            "user@localhost",
        ],
    );
}

#[test]
fn what_is_listened_on_is_ours() {
    let hosts = listening(&["192.168.1.7", "fd00::1"], &["Voxels.lan"]);
    let ours = ["192.168.1.7:80", "[fd00::1]", "[fd00:0::1]:80", "voxels.LAN:8080", "localhost"];
    check(&hosts, &ours, &["192.168.1.8", "[fd00::2]", "lan", "x.voxels.lan"]);
}

#[test]
fn listening_everywhere_allows_addresses_but_no_names() {
    for everywhere in ["0.0.0.0", "::"] {
        let hosts = listening(&[everywhere], &[]);
        check(&hosts, &["10.0.0.1", "[fd00::2]:80", "localhost"], &["evil.example", "10.0.0.1.x"]);
    }
}

#[test]
fn a_unix_socket_has_any_name() {
    check(&Hosts::anything(), &["x", "example.org:80", "10.0.0.1"], &["", "x:y"]);
}

#[test]
fn a_site_is_a_host_and_a_port() {
    let cases = [
        ("http://localhost", "localhost", true),
        ("http://localhost:80", "localhost", true),
        ("http://localhost", "LOCALHOST:80", true),
        ("https://localhost", "localhost:443", true),
        ("https://localhost", "localhost", true),
        ("http://localhost:8080", "localhost:8080", true),
        ("http://[::1]:8080", "[0::1]:8080", true),
        ("http://localhost:8080", "localhost", false),
        ("http://localhost:8080", "localhost:8081", false),
        ("https://localhost", "localhost:80", false),
        ("http://localhost:8080", "127.0.0.1:8080", false),
        ("http://localhost.evil.example", "localhost", false),
        ("http://evil.example", "localhost", false),
        ("http://localhost/", "localhost", false),
        ("ftp://localhost", "localhost", false),
        ("localhost", "localhost", false),
        ("null", "null", false),
        ("", "", false),
    ];
    for (origin, authority, expected) in cases {
        assert_eq!(is_same_site(origin, authority), expected, "{origin:?} {authority:?}");
    }
}
