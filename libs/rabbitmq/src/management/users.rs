//! Users, and what they may do on the virtual host. All of it needs the tag `administrator`.

use std::collections::{BTreeMap, BTreeSet};

use fabric_core::topology::{Permission, TopicPermission, UserDefinition, from_json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Management, ManagementError, call::Call, password};

impl Management {
    /// All users of the broker, and what each may do on this virtual host.
    pub async fn users(&self) -> Result<BTreeMap<String, UserDefinition>, ManagementError> {
        self.run(|calls| {
            // Permissions first: a user that is deleted meanwhile is then one without permissions, not the other way round.
            let read = |path: &[&str], what: &str| calls.read::<Vec<Value>>(&Call::get(path, what));
            let mut permissions = read(&["vhosts", calls.vhost(), "permissions"], "the permissions")?;
            let mut topic_permissions = read(&["vhosts", calls.vhost(), "topic-permissions"], "the topic permissions")?;
            let users = read(&["users"], "the users")?;
            let names: BTreeSet<String> =
                users.iter().filter_map(|user| user["name"].as_str()).map(str::to_owned).collect();
            for list in [&mut permissions, &mut topic_permissions] {
                list.retain(|item| item["user"].as_str().is_none_or(|user| names.contains(user)));
            }
            let file = json!({ "users": users, "permissions": permissions, "topic_permissions": topic_permissions });
            let unreadable = |error: fabric_core::topology::DefinitionsError| ManagementError::Answer {
                endpoint: "GET /api/users and permissions".to_owned(),
                field: error.at,
            };
            Ok(from_json(&file, calls.vhost()).map_err(unreadable)?.users)
        })
        .await
    }

    /// Makes a user, or changes the one of this name: its tags, and its password if a [hash](super::password::hash) of one is given.
    ///
    /// Without a hash a user keeps the password that it has, and a new one cannot log in with any.
    pub async fn put_user(
        &self,
        name: &str,
        tags: &BTreeSet<String>,
        password_hash: Option<&str>,
    ) -> Result<(), ManagementError> {
        let (name, hash) = (name.to_owned(), password_hash.map(str::to_owned));
        let tags = tags.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        self.run(move |calls| {
            let (path, resource) = (["users", name.as_str()], format!("the user {name}"));
            let put = || {
                let password = match &hash {
                    // A broker may hash otherwise by default, and would compare ours like that.
                    Some(hash) => json!({ "password_hash": hash, "hashing_algorithm": password::ALGORITHM }),
                    None => match calls.read::<Password>(&Call::get(&path, resource.as_str())) {
                        Ok(kept) => kept.body(),
                        Err(ManagementError::NotFound { .. }) => json!({ "password_hash": "" }),
                        Err(error) => return Err(error),
                    },
                };
                let mut body = password;
                body["tags"] = json!(tags);
                calls.done(&Call::put(&path, resource.as_str(), body))
            };
            match put() {
                // Somebody else made it between the broker's look and its write. Now it is there and can be changed.
                Err(ManagementError::Refused { detail, .. }) if detail == "user_already_exists" => put(),
                outcome => outcome,
            }
        })
        .await
    }

    /// The virtual hosts that a user may enter.
    pub async fn vhosts_of(&self, user: &str) -> Result<BTreeSet<String>, ManagementError> {
        let call = Call::get(&["users", user, "permissions"], format!("the permissions of the user {user}"));
        let permissions: Vec<OfVhost> = self.run(move |calls| calls.read(&call)).await?;
        Ok(permissions.into_iter().map(|permission| permission.vhost).collect())
    }

    /// Deletes a user with all its permissions, those on other virtual hosts too.
    pub async fn delete_user(&self, name: &str) -> Result<(), ManagementError> {
        let call = Call::delete(&["users", name], format!("the user {name}"));
        self.run(move |calls| calls.done(&call)).await
    }

    /// Lets a user enter the virtual host, and do this there and nothing else.
    pub async fn put_permission(&self, user: &str, permission: &Permission) -> Result<(), ManagementError> {
        let Permission { configure, write, read } = permission;
        let body = json!({ "configure": configure, "write": write, "read": read });
        let call = Call::put(&["permissions", self.vhost(), user], format!("the permissions of the user {user}"), body);
        self.run(move |calls| calls.done(&call)).await
    }

    /// Keeps a user out of the virtual host.
    pub async fn delete_permission(&self, user: &str) -> Result<(), ManagementError> {
        let path = ["permissions", self.vhost(), user];
        let call = Call::delete(&path, format!("the permissions of the user {user}"));
        self.run(move |calls| calls.done(&call)).await
    }

    /// Limits the routing keys with which a user may use an exchange.
    pub async fn put_topic_permission(
        &self,
        user: &str,
        exchange: &str,
        permission: &TopicPermission,
    ) -> Result<(), ManagementError> {
        let TopicPermission { write, read } = permission;
        let body = json!({ "exchange": exchange, "write": write, "read": read });
        let resource = format!("the topic permissions of the user {user} for the exchange {exchange}");
        let call = Call::put(&["topic-permissions", self.vhost(), user], resource, body);
        self.run(move |calls| calls.done(&call)).await
    }

    /// Takes all these limits of a user away, for every exchange of the virtual host: the API has no way to take a single one.
    pub async fn delete_topic_permissions(&self, user: &str) -> Result<(), ManagementError> {
        let path = ["topic-permissions", self.vhost(), user];
        let call = Call::delete(&path, format!("the topic permissions of the user {user}"));
        self.run(move |calls| calls.done(&call)).await
    }
}

/// What of a user has to be sent again.
#[derive(Deserialize)]
struct Password {
    password_hash: String,
    hashing_algorithm: Option<String>,
}

impl Password {
    fn body(self) -> Value {
        let mut body = json!({ "password_hash": self.password_hash });
        if let Some(algorithm) = self.hashing_algorithm {
            body["hashing_algorithm"] = algorithm.into();
        }
        body
    }
}

/// Where a permission counts.
#[derive(Deserialize)]
struct OfVhost {
    vhost: String,
}
