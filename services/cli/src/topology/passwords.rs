//! The file with the passwords of the broker's users: JSON, from the user's name to the password, for its owner's eyes only.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
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
    /// Makes a random password for each user and writes them to a new file, which is on the disk on return: a user that nobody has the
    /// password of would be of no use. Fails when there is a file already. For no users, none is written.
    pub fn create(file: &Path, users: impl IntoIterator<Item = String>) -> Outcome<Self> {
        let random = |user| Ok((user, password::random().map_err(|error| Failure::Other(error.to_string()))?));
        let passwords = Self(users.into_iter().map(random).collect::<Outcome<_>>()?);
        if !passwords.0.is_empty() {
            passwords.write(file)?;
        }
        Ok(passwords)
    }

    /// Reads a file that has the password of each of these users.
    pub fn read(file: &Path, users: impl IntoIterator<Item = String>) -> Outcome<Self> {
        let refused = |why: &str| Failure::Refused(format!("--users: {}: {why}", file.display()));
        let json = std::fs::read(file).map_err(|error| refused(&error.to_string()))?;
        let mut kept: BTreeMap<String, String> =
            serde_json::from_slice(&json).map_err(|_| refused("it is not a JSON object from users to passwords"))?;
        let of_user = |user: String| match kept.remove(&user) {
            Some(password) => Ok((user, password.into())),
            None => Err(refused(&format!("it has no password for {user}"))),
        };
        Ok(Self(users.into_iter().map(of_user).collect::<Outcome<_>>()?))
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

    fn write(&self, file: &Path) -> Outcome {
        let shown = file.display();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut opened = options.open(file).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::Refused(format!(
                "--users: {shown} is there already, and what it holds is not overwritten: name another file"
            )),
            _ => Failure::Refused(format!("--users: {shown}: {error}")),
        })?;
        let plain: BTreeMap<&str, &str> =
            self.0.iter().map(|(user, password)| (user.as_str(), password.expose_secret())).collect();
        let mut json = serde_json::to_vec_pretty(&plain).map_err(|error| Failure::Other(error.to_string()))?;
        json.push(b'\n');
        opened.write_all(&json)?;
        Ok(opened.sync_all()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(users: &[&str]) -> Vec<String> {
        users.iter().map(|user| (*user).to_owned()).collect()
    }

    #[test]
    fn a_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.json");
        let made = Passwords::create(&file, of(&["academic", "kyc"])).unwrap();
        let read = Passwords::read(&file, of(&["academic"])).unwrap();
        assert_eq!(made.0["academic"].expose_secret(), read.0["academic"].expose_secret());
        assert_eq!(made.hashes().unwrap().len(), 2);
        assert_eq!(read.hash("kyc").unwrap(), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let before = std::fs::read(&file).unwrap();
        assert!(matches!(Passwords::create(&file, of(&["social"])), Err(Failure::Refused(_))));
        Passwords::create(&file, of(&[])).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), before);
        let lacking = Passwords::read(&file, of(&["social"])).unwrap_err().to_string();
        assert!(lacking.contains("social") && !lacking.contains(made.0["kyc"].expose_secret()), "{lacking}");
    }
}
