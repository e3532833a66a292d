//! The layer rules: which crate may know which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, NodeDep, PackageId};

/// What the pure core may not reach, not even through somebody else.
const IMPURE: &[&str] =
    &["axum", "deadpool-lapin", "fred", "futures", "lapin", "metrics", "rand", "sqlx", "tokio", "tracing"];
const ADAPTERS: &[&str] = &["fabric-rabbitmq", "fabric-redis", "fabric-memory", "fabric-store"];
const DRIVERS: &[&str] = &["deadpool-lapin", "fred", "lapin", "sqlx"];
const SERVICES: &[&str] = &["academic", "user", "social", "notification", "kyc", "payment"];
/// Services may be tested with this.
const TESTKIT: &str = "fabric-testkit";
/// A program that is a test as a whole: it breaks things and watches.
const FAULTS: &str = "fabric-faults";

/// The resolved graph of normal dependencies (neither dev nor build), by package name.
struct Graph {
    members: BTreeSet<String>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn of_this_workspace() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
        let this_platform = ["--filter-platform".into(), "host-tuple".into()];
        let metadata = MetadataCommand::new().manifest_path(root).other_options(this_platform).exec().unwrap();
        let members = metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in &metadata.resolve.as_ref().expect("a resolved graph").nodes {
            // Two versions of one package are the same to every rule.
            let targets = edges.entry(name(&metadata, &node.id)).or_default();
            targets.extend(node.deps.iter().filter(|dep| is_normal(dep)).map(|dep| name(&metadata, &dep.pkg)));
        }
        Self { members, edges }
    }

    fn direct(&self, package: &str) -> BTreeSet<&str> {
        self.edges.get(package).into_iter().flatten().map(String::as_str).collect()
    }

    fn closure<'a>(&'a self, package: &'a str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut ahead = vec![package];
        while let Some(package) = ahead.pop() {
            ahead.extend(self.direct(package).into_iter().filter(|next| reached.insert(*next)));
        }
        reached
    }
}

fn is_normal(dependency: &NodeDep) -> bool {
    dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
}

fn name(metadata: &Metadata, id: &PackageId) -> String {
    metadata[id].name.to_string()
}

fn common<'a>(reached: &BTreeSet<&'a str>, forbidden: &[&str]) -> Vec<&'a str> {
    reached.iter().copied().filter(|name| forbidden.contains(name)).collect()
}

#[test]
fn the_graph_shows_what_the_rules_look_for() {
    let graph = Graph::of_this_workspace();
    assert!(["fabric-core", "fabric-runtime", "fabric", "academic"].iter().all(|name| graph.members.contains(*name)));
    assert_eq!(common(&graph.closure("fabric-rabbitmq"), &["lapin", "tokio"]), ["lapin", "tokio"]);
    assert_eq!(common(&graph.closure("fabric"), ADAPTERS).len(), 3);
    assert!(!graph.closure(TESTKIT).contains("cargo_metadata"), "dependencies of tests do not count");
}

#[test]
fn the_core_is_pure() {
    let graph = Graph::of_this_workspace();
    assert_eq!(common(&graph.closure("fabric-core"), IMPURE), [""; 0]);
    let members: Vec<_> =
        graph.closure("fabric-core").into_iter().filter(|name| graph.members.contains(*name)).collect();
    assert_eq!(members, [""; 0], "the core stands on nothing of ours");
}

#[test]
fn the_runtime_knows_ports_and_no_drivers() {
    let graph = Graph::of_this_workspace();
    assert_eq!(common(&graph.closure("fabric-runtime"), &[ADAPTERS, DRIVERS].concat()), [""; 0]);
}

#[test]
fn adapters_do_not_know_one_another() {
    let graph = Graph::of_this_workspace();
    for adapter in ADAPTERS.iter().filter(|name| graph.members.contains(**name)) {
        assert_eq!(common(&graph.closure(adapter), ADAPTERS), [""; 0], "{adapter}");
    }
}

#[test]
fn services_see_the_fabric_and_the_catalogue_only() {
    let graph = Graph::of_this_workspace();
    for service in SERVICES.iter().filter(|name| graph.members.contains(**name)) {
        let direct = graph.direct(service);
        let ours = direct.iter().filter(|name| graph.members.contains(**name));
        let foreign: Vec<_> = ours.filter(|name| !["fabric", "fabric-catalog"].contains(name)).collect();
        assert!(foreign.is_empty(), "{service} knows {foreign:?}");
        assert_eq!(common(&direct, DRIVERS), [""; 0], "{service}");
    }
}

#[test]
fn only_tests_know_the_testkit() {
    let graph = Graph::of_this_workspace();
    let users = graph.members.iter().filter(|member| graph.direct(member).contains(TESTKIT));
    let users: Vec<_> = users.filter(|member| *member != FAULTS).collect();
    assert!(users.is_empty(), "{users:?}");
}
