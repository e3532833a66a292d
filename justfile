compose := "docker compose -f compose/compose.yml"

# Show what there is
default:
    @just --list

# Start everything in containers: servers, services, Prometheus, Grafana and a mailbox
up: _engine
    ./compose/prepare
    {{ compose }} up -d --build
    @echo "Services: ports 8081 to 8085. Mail: 8025. Grafana: 3000 (admin, password in compose/.env). All on 127.0.0.1."

# Stop the containers; the data stays
down: _engine
    {{ compose }} down

# Follow the logs of all containers, or of those named
logs *names: _engine
    {{ compose }} logs --follow {{ names }}

# Run everything in one process, with no servers: `just run up --sample`
run *arguments="up --sample":
    cargo run -- {{ arguments }}

# Check everything: `just test --quick` needs no servers
test *options:
    ./scripts/test {{ options }}

# Check format and lints; warnings are errors
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Simulate fresh seeds on virtual time for some minutes: `just sim --minutes 10`
sim flag="--minutes" minutes="5":
    FABRIC_SIMULATION_MINUTES={{ minutes }} cargo test -p fabric --test it simulation::every_promise -- --nocapture

# Run the benchmarks: `just bench core`, `memory`, `rabbitmq`, `redis`, `import [BUNDLE]`, or all
bench what="all" bundle="tests/data/oneroster-sample":
    ./scripts/bench {{ what }} {{ bundle }}

# Break brokers, networks and processes, and see whether every promise holds: `just faults F2 F7 --seed 7`, `just faults --quick`
faults *arguments="--write docs/faults.md":
    cargo run -p fabric-faults --release -- {{ arguments }}

# See whether the fault harness notices variants that are broken on purpose
mutants *arguments="--write docs/faults.md":
    cargo run -p fabric-faults --release --features flaws -- mutants {{ arguments }}

# Write the events' schemas into config/schemas; a breaking change is refused
schemas:
    cargo run -- schema write

# Build the documentation; broken links are errors
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

_engine:
    @docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 || { \
        echo "No container engine answers here. Without one, everything runs in one process:"; \
        echo "    cargo run -- up --sample"; \
        exit 1; \
    } >&2
