//! Keys are made once, for us alone.

use std::{fs, os::unix::fs::PermissionsExt, thread};

use rpc::{KeyError, KeyName, Keys};
use tempfile::tempdir;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

fn set_mode(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn a_private_key_is_for_its_owner_alone() {
    let home = tempdir().unwrap();
    let dir = home.path().join("data/keys");
    Keys::open(&dir, &KeyName::ALL).unwrap();
    assert_eq!(mode(&dir), 0o700);
    for name in KeyName::ALL {
        assert_eq!(mode(&dir.join(format!("{name}.pem"))), 0o600);
        let public = fs::read_to_string(dir.join(format!("{name}.pub.pem"))).unwrap();
        assert!(public.starts_with("-----BEGIN PUBLIC KEY-----"), "{public}");
    }
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 2 * KeyName::ALL.len(), "nothing else is left behind");
}

#[test]
fn a_second_start_finds_the_first_ones_key() {
    let dir = tempdir().unwrap();
    let own = [KeyName::Gateway];
    Keys::open(dir.path(), &own).unwrap();
    let before = fs::read(dir.path().join("gateway.pem")).unwrap();
    fs::remove_file(dir.path().join("gateway.pub.pem")).unwrap();
    Keys::open(dir.path(), &own).unwrap();
    assert_eq!(fs::read(dir.path().join("gateway.pem")).unwrap(), before);
    assert!(dir.path().join("gateway.pub.pem").exists(), "the public half comes back from the private one");
}

#[test]
fn processes_that_start_at_once_agree_on_one_key() {
    let dir = tempdir().unwrap();
    let open = || {
        let keys = Keys::open(dir.path(), &[KeyName::Authority]).unwrap();
        keys.signer(KeyName::Authority).unwrap();
        fs::read(dir.path().join("authority.pem")).unwrap()
    };
    let seen: Vec<Vec<u8>> = thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(seen.iter().all(|key| *key == seen[0]));
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let dir = tempdir().unwrap();
    Keys::open(dir.path(), &[KeyName::Authority]).unwrap();
    set_mode(&dir.path().join("authority.pem"), 0o640);
    let refused = Keys::open(dir.path(), &[KeyName::Authority]).unwrap_err();
    assert!(matches!(refused, KeyError::Exposed { mode: 0o640, .. }), "{refused}");
    set_mode(dir.path(), 0o777);
    let refused = Keys::open(dir.path(), &[]).unwrap_err();
    assert!(matches!(refused, KeyError::Open { mode: 0o777, .. }), "{refused}");
    set_mode(dir.path(), 0o700);
}

#[test]
fn a_file_that_is_no_key_is_named() {
    let dir = tempdir().unwrap();
    set_mode(dir.path(), 0o700);
    fs::write(dir.path().join("line1.pub.pem"), "hello").unwrap();
    let refused = Keys::open(dir.path(), &[]).unwrap_err();
    assert!(refused.to_string().contains("line1.pub.pem"), "{refused}");
}

#[test]
fn only_an_own_key_signs() {
    let dir = tempdir().unwrap();
    let keys = Keys::open(dir.path(), &[KeyName::Gateway]).unwrap();
    assert!(matches!(keys.signer(KeyName::Authority), Err(KeyError::NotOwn(KeyName::Authority))));
}
