"""Checks compose/compose.yml: against the Compose schema, and against what the rest of the repository says.

Prints one line per finding and exits with 1 if there is any. Run it by scripts/check-compose.
"""

import json
import re
import sys
from pathlib import Path

import jsonschema
import yaml

COMPOSE = Path("compose/compose.yml")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}")
PASSWORD_KEY = re.compile(r"(PASSWORD|PASS|SECRET|TOKEN|AUTH)$")
SETTING = re.compile(r"FABRIC__([A-Z][A-Z0-9_]*?)__([A-Z][A-Z0-9_]*)")
METRIC = re.compile(r"\beventbus_\w+")


def main() -> int:
    text = COMPOSE.read_text()
    example = read_example(Path("compose/.env.example").read_text())
    compose = yaml.safe_load(VARIABLE.sub(lambda variable: example.get(variable[1]) or variable[3] or "", text))
    findings = [
        *check_schema(compose),
        *check_variables(text, example),
        *check_services(compose["services"]),
        *check_secrets(compose, yaml.safe_load(text)),
        *check_settings(compose["services"]),
        *check_metrics(),
    ]
    for finding in findings:
        print(finding)
    if not findings:
        print(f"{COMPOSE}: {len(compose['services'])} services, no finding.")
    return 1 if findings else 0


def read_example(text: str) -> dict[str, str]:
    """The settings of .env.example; those that are commented out have their defaults in the compose file, hence no value."""
    return {name: "" if off else value for off, name, value in re.findall(r"^(#?)([A-Z_]+)=(.*)$", text, re.M)}


def check_schema(compose):
    schema = json.loads(Path("scripts/compose-spec.json").read_text())
    for error in jsonschema.Draft202012Validator(schema).iter_errors(compose):
        yield f"{COMPOSE} at {error.json_path}: {error.message}"


def check_variables(text, example):
    """Each variable has a default or is required, and .env.example names exactly those there are."""
    used = {}
    for name, kind, _ in VARIABLE.findall(text):
        used[name] = kind
        if not kind:
            yield f"${{{name}}} has no default and is not required: write ${{{name}:?why}} or ${{{name}:-default}}"
        elif kind == ":?" and not example.get(name):
            yield f"{name} is required, but compose/.env.example gives it no value"
        elif name not in example:
            yield f"{name} is missing in compose/.env.example"
    for name in example.keys() - used.keys():
        yield f"compose/.env.example names {name}, which nothing uses"


def check_services(services):
    for name, service in services.items():
        if not service.get("healthcheck", {}).get("test") and not is_task(service):
            yield f"{name} has no health check"
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                yield f"{name} opens port {port} to the network: bind it to 127.0.0.1"
        for needed, rule in service.get("depends_on", {}).items():
            state = "service_completed_successfully" if is_task(services.get(needed, {})) else "service_healthy"
            if needed not in services or rule.get("condition") != state:
                yield f"{name} does not wait until {needed} is {state.removeprefix('service_')}"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and not (COMPOSE.parent / source).exists():
                yield f"{name} mounts {source}, which is not there"
        if "build" in service:
            if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
                yield f"{name} runs our image, but not read-only and without capabilities"
            if not (COMPOSE.parent / service["build"]["context"] / service["build"]["dockerfile"]).exists():
                yield f"{name} builds from a file that is not there"
            program = service["command"][0].replace("fabric", "cli")
            if not Path("services", program, "Cargo.toml").exists():
                yield f"{name} starts {service['command'][0]}, which is no service of ours"


def is_task(service):
    """Whether it does something and ends. It says that its image's health check does not count."""
    return service.get("restart") == "on-failure" and service.get("healthcheck") == {"disable": True}


def check_secrets(compose, raw):
    """No password stands in the file itself, and what secrets are read from is kept out of the repository."""
    for name, service in raw["services"].items():
        for key, value in service.get("environment", {}).items():
            if PASSWORD_KEY.search(key) and not str(value).startswith("${"):
                yield f"{name}: {key} stands in the file: take it from a variable"
            if re.search(r"://[^/@]*:[^/@$]+@", str(value)):
                yield f"{name}: {key} has a password in its URL: take it from a variable"
    ignored = Path("compose/.gitignore").read_text().split()
    for name, secret in compose["secrets"].items():
        if f"/{secret['file'].split('/')[1]}/" not in ignored:
            yield f"secret {name}: {secret['file']} is not in compose/.gitignore"


def check_settings(services):
    """Each FABRIC__SECTION__KEY is a setting that config/fabric.toml knows, given or as a comment."""
    known, section = set(), ""
    for line in Path("config/fabric.toml").read_text().splitlines():
        if heading := re.match(r"\[([\w.]+)\]", line):
            section = heading[1]
        elif key := re.match(r"#?\s*(\w+)\s*=", line):
            known.add(f"{section}.{key[1]}")
    for name, service in services.items():
        for key in service.get("environment", {}):
            if not key.startswith("FABRIC") or key == "FABRIC_LOG_EVENTS":
                continue
            setting = SETTING.fullmatch(key)
            if not setting or f"{setting[1]}.{setting[2]}".lower() not in known:
                yield f"{name}: {key} is no setting of config/fabric.toml"


def check_metrics():
    """Each metric that an alert or a dashboard asks for stands in the code."""
    code = "\n".join(path.read_text() for path in Path("libs").rglob("src/**/*.rs"))
    asking = [*Path("config/prometheus").glob("*.yml"), *Path("compose/grafana/dashboards").glob("*.json")]
    for path in asking:
        for metric in sorted(set(METRIC.findall(path.read_text()))):
            if not re.search(rf"\b{re.sub('_(bucket|count|sum)$', '', metric)}\b", code):
                yield f"{path} asks for {metric}, which no code measures"


if __name__ == "__main__":
    sys.exit(main())
