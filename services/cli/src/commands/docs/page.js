// Showing. Values are put in as text only, never as markup.

const SHOWN_MAX = 80;

/** An element with attributes and children; texts become text nodes. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(3).filter((child) => child !== undefined && child !== ""));
  return element;
}

const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
const listed = (parts) => parts.flatMap((part, at) => (at === 0 ? [part] : [", ", part]));

/** Where a long name of several words may be broken: after its dots. */
const broken = (name) => name.split(/(?<=\.)/).flatMap((part, at) => (at === 0 ? [part] : [el("wbr"), part]));

const code = (text) => el("code", {}, broken(text));

const linkTo = (kind, name, text = name) => el("a", { href: `#/${kind}/${encodeURIComponent(name)}` }, broken(text));

function duration(ms) {
  const units = [["h", 3_600_000], ["min", 60_000], ["s", 1_000]];
  const [unit, size] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ["ms", 1];
  return `${ms / size} ${unit}`;
}

function retryText({ attempts, immediate, delaysMs, inPlace }) {
  if (attempts === 1) return "never tried again";
  const parts = [];
  if (immediate > 0) parts.push(`${immediate} at once`);
  if (delaysMs.length > 0) parts.push(`after ${delaysMs.map(duration).join(", ")}`);
  return `${plural(attempts, "attempt")}, ${parts.join(", ")}${inPlace ? ", in its place" : ""}`;
}

function orderText({ order, count }) {
  return order === "loose" ? "loose" : `strict, ${plural(count, "partition")}`;
}

const parkingText = ({ queue, holdsKey }) => [code(queue), holdsKey ? " and holds its key" : ""];

function table(heads, rows) {
  const head = el("tr", {}, heads.map((text) => el("th", { scope: "col" }, text)));
  return el("div", { class: "table", tabindex: "0", role: "region", "aria-label": heads[0] },
    el("table", {}, el("thead", {}, head), el("tbody", {}, rows)));
}

function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== undefined);
  return el("dl", { class: "facts" }, shown.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** JSON with its names, texts and numbers told apart. */
function coloured(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const part = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(part)) {
    parts.push(text.slice(last, match.index));
    const kind = match[2] ? "name" : match[1] ? "string" : "number";
    parts.push(el("span", { class: kind }, match[1] ?? match[0]), match[2] ?? "");
    last = match.index + match[0].length;
  }
  return [...parts, text.slice(last)];
}

function exampleOf(value) {
  const pre = el("pre", { tabindex: "0" }, coloured(value));
  const button = el("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = "Copied";
    } catch {
      // Where the clipboard is out of reach, the text is selected, so that one key copies it.
      getSelection().selectAllChildren(pre);
      button.textContent = "Selected";
    }
  });
  return el("div", { class: "example" }, pre, button);
}

function boundParts(bounds) {
  return bounds.map((bound) =>
    typeof bound === "string"
      ? el("div", {}, bound)
      : el("details", {}, el("summary", {}, "pattern"), code(bound.pattern)));
}

function fieldRow(field) {
  const marks = [field.required ? el("span", { class: "mark must" }, "required") : "",
    field.personal ? el("span", { class: "mark private" }, "personal") : ""];
  return el("tr", {},
    el("th", { scope: "row", class: field.depth ? `deep${Math.min(field.depth, 3)}` : false }, el("code", {}, broken(field.path))),
    el("td", {}, field.type),
    el("td", { class: "wide" }, boundParts(field.bounds)),
    el("td", {}, marks[0], " ", marks[1]),
    el("td", { class: "wide" }, field.text));
}

function eventView(model, event) {
  const services = (names) => listed(names.map((name) => (model.services.has(name) ? linkTo("services", name) : name)));
  const receiver = ({ name, because }) => {
    const { retry, partitions, parking } = model.subscriptions.get(name);
    return el("tr", {}, el("th", { scope: "row" }, linkTo("subscriptions", name)), el("td", {}, listed(because.map(code))),
      el("td", {}, orderText(partitions)), el("td", { class: "wide" }, retryText(retry)), el("td", {}, parkingText(parking)));
  };
  return [
    el("p", { class: "over" }, `Event of ${event.context}`),
    el("h1", { tabindex: "-1" }, broken(event.topic)),
    el("p", { class: "lead" }, event.text),
    facts([
      ["Version", String(event.version)],
      ["Owner", services([event.owner])],
      ["May publish it", services(event.publishers)],
      ["Roles that may cause it", event.roles.length ? event.roles.join(", ") : "services only"],
      ["Scope", event.scope],
      ["Partition key", event.key && code(event.key)],
      ["Subject, the person it is about", event.subject && code(event.subject)],
      ["Aggregate", event.aggregate],
      ["Exchange", code(event.exchange)],
      ["Schema", code(event.dataschema)],
    ]),
    el("h2", {}, "Fields"),
    table(["Field", "Type", "Bounds", "Marks", "What it says"], event.fields.map(fieldRow)),
    el("h2", {}, "Example"),
    exampleOf(event.example.payload),
    event.example.headers && el("details", {}, el("summary", {}, "Headers"), exampleOf(event.example.headers)),
    el("h2", {}, "Published by"),
    el("p", {}, event.senders.length ? services(event.senders) : "none of these services"),
    el("h2", {}, "Received by"),
    event.receivers.length
      ? table(["Subscription", "Because of", "Order", "Tried again", "Parks in"], event.receivers.map(receiver))
      : el("p", {}, "Nobody listens: it is kept in ", code("events.unrouted"), "."),
  ];
}

const eventRows = (model, topics) => topics.map((topic) =>
  el("tr", {}, el("th", { scope: "row" }, linkTo("events", topic)), el("td", { class: "wide" }, model.events.get(topic).text)));

function serviceView(model, service) {
  const subscription = (name) => {
    const { patterns, topics, partitions } = model.subscriptions.get(name);
    return el("tr", {}, el("th", { scope: "row" }, linkTo("subscriptions", name)), el("td", {}, listed(patterns.map(code))),
      el("td", {}, String(topics.length)), el("td", {}, orderText(partitions)));
  };
  return [
    el("p", { class: "over" }, "Service"),
    el("h1", { tabindex: "-1" }, service.name),
    el("h2", {}, `Publishes ${plural(service.sends.length, "event")}`),
    service.sends.length ? table(["Event", "What happened"], eventRows(model, service.sends)) : "",
    el("h2", {}, `Has ${plural(service.subscriptions.length, "subscription")}`),
    service.subscriptions.length
      ? table(["Subscription", "Listens to", "Events", "Order"], service.subscriptions.map(subscription)) : "",
  ];
}

function subscriptionView(model, subscription) {
  const { name, service, patterns, retry, parking, partitions, topics } = subscription;
  return [
    el("p", { class: "over" }, "Subscription of ", linkTo("services", service)),
    el("h1", { tabindex: "-1" }, broken(name)),
    facts([
      ["Listens to", listed(patterns.map(code))],
      ["Order", orderText(partitions)],
      ["Tried again", retryText(retry)],
      ["Parks in", parkingText(parking)],
      ["Queues", listed(partitions.queues.map(code))],
      ["Kept in order by", code(partitions.key)],
    ]),
    el("h2", {}, `Receives ${plural(topics.length, "event")}`),
    topics.length ? table(["Event", "What happened"], eventRows(model, topics)) : "",
  ];
}

function homeView(model) {
  const service = ({ name, sends, subscriptions }) =>
    el("tr", {}, el("th", { scope: "row" }, linkTo("services", name)), el("td", {}, String(sends.length)),
      el("td", {}, String(subscriptions.length)));
  const contexts = grouped(model);
  return [
    el("p", { class: "over" }, `Version ${model.info.version}`),
    el("h1", { tabindex: "-1", class: "words" }, model.info.title),
    el("p", { class: "lead" }, model.info.description),
    el("p", { class: "dim" }, [plural(model.events.size, "event"), plural(contexts.size, "context"),
      plural(model.services.size, "service"), plural(model.subscriptions.size, "subscription")].join(" · ")),
    el("h2", {}, "Services"),
    table(["Service", "Publishes", "Subscriptions"], [...model.services.values()].map(service)),
    [...contexts].map(([context, events]) => [
      el("h2", {}, context), table(["Event", "What happened"], eventRows(model, events.map((event) => event.topic)))]),
  ].flat(2);
}

function grouped(model) {
  const groups = new Map();
  for (const event of model.events.values()) groups.set(event.context, [...(groups.get(event.context) ?? []), event]);
  return groups;
}

const missingView = (name) => [el("h1", { tabindex: "-1", class: "words" }, "Not here"), el("p", {}, "Nothing is called ", code(name), ".")];

/** What the address asks for: its view and its title. */
function viewOf(model, address) {
  const [, kind = "", ...rest] = address.split("/");
  const views = { events: [model.events, eventView], services: [model.services, serviceView],
    subscriptions: [model.subscriptions, subscriptionView] };
  if (kind === "") return [homeView(model), model.info.title];
  const name = decoded(rest.join("/"));
  const [values, view] = Object.hasOwn(views, kind) ? views[kind] : [new Map()];
  return values.has(name) ? [view(model, values.get(name)), name] : [missingView(name || kind), "Not here"];
}

/** An address that somebody typed need not be well formed. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function treeOf(model) {
  const group = (name, items, context) =>
    el("details", { "data-context": context }, el("summary", {}, name, " ", el("span", {}, String(items.length))), el("ul", {}, items));
  const item = (kind, name, text) => el("li", {}, linkTo(kind, name, text));
  const short = (event) => event.topic.slice(event.context.length + 1);
  return [
    ...[...grouped(model)].map(([context, events]) =>
      group(context, events.map((event) => item("events", event.topic, short(event))), `events/${context}`)),
    group("Services", [...model.services.keys()].map((name) => item("services", name)), "services"),
    group("Subscriptions", [...model.subscriptions.keys()].map((name) => item("subscriptions", name)), "subscriptions"),
  ];
}

function foundList(entries) {
  const item = ({ kind, title, detail, link }) =>
    el("li", {}, el("a", { href: link }, broken(title), el("small", {}, kind === "event" ? detail : `${kind} · ${detail}`)));
  const more = entries.length - SHOWN_MAX;
  return [el("ul", { class: "found" }, entries.slice(0, SHOWN_MAX).map(item)),
    more > 0 ? el("p", { class: "dim" }, `and ${more} more`) : "",
    entries.length === 0 ? el("p", { class: "dim" }, "Nothing is called so.") : ""].filter(Boolean);
}

function start() {
  const part = (id) => document.getElementById(id);
  const [query, list, main, count] = ["query", "list", "main", "count"].map(part);
  const model = modelOf(JSON.parse(part("document").textContent));
  const index = indexOf(model);
  const tree = treeOf(model);

  const mark = () => {
    for (const link of list.querySelectorAll("a")) {
      if (link.hash === location.hash) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const current = list.querySelector("[aria-current]");
    const group = current?.closest("details");
    if (group) group.open = true;
    current?.scrollIntoView({ block: "nearest" });
  };
  const find = () => {
    const entries = search(index, query.value);
    const isEmpty = query.value.trim() === "";
    list.replaceChildren(...(isEmpty ? tree : foundList(entries)));
    count.textContent = isEmpty ? "" : `${entries.length} found`;
    mark();
  };
  const show = (isFirst) => {
    // The link that skips to the content leads to no page of its own.
    if (location.hash === "#main") return main.focus();
    const [view, title] = viewOf(model, location.hash.slice(1));
    main.replaceChildren(...view.flat().filter((child) => child !== undefined && child !== ""));
    main.scrollTop = 0;
    document.title = title === model.info.title ? title : `${title} · ${model.info.title}`;
    if (!isFirst) main.querySelector("h1")?.focus();
    mark();
  };
  addEventListener("hashchange", () => show(false));
  addEventListener("keydown", (event) => onKey(event, query, list, find));
  query.addEventListener("input", find);
  find();
  show(true);
}

/** `/` goes to the search, Escape empties it, and the arrows walk through what it found. */
function onKey(event, query, list, find) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inSearch = event.target === query;
  if (event.key === "/" && !inSearch) {
    event.preventDefault();
    query.focus();
    query.select();
  } else if (event.key === "Escape" && (inSearch || list.contains(event.target))) {
    query.value = "";
    find();
    query.focus();
  } else if (event.key === "Enter" && inSearch) {
    list.querySelector(".found a")?.click();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (inSearch || list.contains(event.target))) {
    const stops = [...list.querySelectorAll("summary, a")].filter((stop) => stop.checkVisibility?.() ?? true);
    const at = stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    (at < 0 ? query : stops[Math.min(at, stops.length - 1)])?.focus();
  }
}

if (typeof document === "object") start();
