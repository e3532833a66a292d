//! The file with the passwords of the broker's users: JSON, from the user's name to the password, for its owner's eyes only.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{ErrorKind, Write},
    path::Path,
};

use fabric::management::password;
use secrecy::{ExposeSecret, SecretString};

use crate::{Outcome, exit::Failure};

/// Passwords by the user's name.
#[derive(Debug, Default)]
pub struct Passwords(BTreeMap<String, SecretString>);

impl Passwords {
    /// The password of each of these users: the one that the file has, or a new random one, which is added to the file and on the
    /// disk on return. A user that nobody has the password of would be of no use. What the file has of others stays, and without
    /// anything to add it is not written.
    pub fn complete(file: &Path, users: impl IntoIterator<Item = String>) -> Outcome<Self> {
        let mut kept = read(file)?;
        let mut is_new = false;
        let mut of_user = |user: String| {
            if let Some(password) = kept.get(&user) {
                return Ok((user, password.clone()));
            }
            let random = password::random().map_err(|error| Failure::Other(error.to_string()))?;
            kept.insert(user.clone(), random.clone());
            is_new = true;
            Ok((user, random))
        };
        let passwords = users.into_iter().map(&mut of_user).collect::<Outcome<_>>()?;
        if is_new {
            write(file, &kept)?;
        }
        Ok(Self(passwords))
    }

    /// The hash of a user's password as the broker keeps it, with a new salt; none for a user without one.
    pub fn hash(&self, user: &str) -> Outcome<Option<String>> {
        let Some(password) = self.0.get(user) else { return Ok(None) };
        let salt = password::random_salt().map_err(|error| Failure::Other(error.to_string()))?;
        Ok(Some(password::hash(password.expose_secret(), salt)))
    }

    /// The same of all of them.
    pub fn hashes(&self) -> Outcome<BTreeMap<String, String>> {
        let hash = |user: &String| Ok(self.hash(user)?.map(|hash| (user.clone(), hash)));
        self.0.keys().filter_map(|user| hash(user).transpose()).collect()
    }
}

fn refused(file: &Path, why: &str) -> Failure {
    Failure::Refused(format!("--users: {}: {why}", file.display()))
}

/// The passwords that a file has: none if there is no such file.
fn read(file: &Path) -> Outcome<BTreeMap<String, SecretString>> {
    let json = match std::fs::read(file) {
        Ok(json) => json,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(refused(file, &error.to_string())),
    };
    // What the parser says may quote a password.
    let plain: BTreeMap<String, String> =
        serde_json::from_slice(&json).map_err(|_| refused(file, "it is not a JSON object from users to passwords"))?;
    Ok(plain.into_iter().map(|(user, password)| (user, password.into())).collect())
}

/// Puts a whole new file in the place of the old one, for its owner's eyes only, as temporary files are.
fn write(file: &Path, passwords: &BTreeMap<String, SecretString>) -> Outcome {
    let plain: BTreeMap<&str, &str> =
        passwords.iter().map(|(user, password)| (user.as_str(), password.expose_secret())).collect();
    let mut json = serde_json::to_vec_pretty(&plain).map_err(|error| Failure::Other(error.to_string()))?;
    json.push(b'\n');
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut new| {
        new.write_all(&json)?;
        new.as_file().sync_all()?;
        new.persist(file)?;
        // The new name, too, has to be on the disk.
        File::open(folder)?.sync_all()
    });
    written.map_err(|error| refused(file, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(users: &[&str]) -> Vec<String> {
        users.iter().map(|user| (*user).to_owned()).collect()
    }

    fn kept(file: &Path) -> BTreeMap<String, String> {
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    }

    #[test]
    fn a_file_is_completed_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.json");
        Passwords::complete(&file, of(&[])).unwrap();
        assert!(!file.exists(), "there is nothing to keep");
        let made = Passwords::complete(&file, of(&["academic", "kyc"])).unwrap();
        assert_eq!(made.hashes().unwrap().len(), 2);
        let first = kept(&file);
        let read = Passwords::complete(&file, of(&["academic"])).unwrap();
        assert_eq!(read.0["academic"].expose_secret(), first["academic"]);
        assert_eq!(read.hash("kyc").unwrap(), None);
        assert_eq!(kept(&file), first);
        Passwords::complete(&file, of(&["kyc", "social"])).unwrap();
        let mut second = kept(&file);
        assert!(second.remove("social").is_some_and(|password| password != first["kyc"]));
        assert_eq!(second, first, "what is there stays");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 1, "no draft is left over");
    }

    #[test]
    fn what_cannot_be_read_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.json");
        for text in ["s3cret", r#"{"kyc": 7}"#, r#"["s3cret"]"#, ""] {
            std::fs::write(&file, text).unwrap();
            let refused = Passwords::complete(&file, of(&["kyc"])).unwrap_err().to_string();
            assert!(refused.contains("users.json") && !refused.contains("s3cret"), "{refused}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        let nowhere = folder.path().join("missing/users.json");
        assert!(matches!(Passwords::complete(&nowhere, of(&["kyc"])), Err(Failure::Refused(_))));
    }
}
