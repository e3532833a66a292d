// Searching. Nothing here touches the page.

const WEIGHTS = { event: 4, subscription: 3, service: 3, field: 1 };

/** What can be found: each with a title, a text that is searched too, and where it leads. */
function indexOf(model) {
  const found = [];
  const add = (kind, title, detail, text, link) =>
    found.push({ kind, title, detail, link, inTitle: title.toLowerCase(), inText: `${detail} ${text}`.toLowerCase() });
  for (const event of model.events.values()) {
    const link = `#/events/${event.topic}`;
    add("event", event.topic, event.text, `${event.owner} ${event.aggregate}`, link);
    for (const field of event.fields) add("field", field.path, event.topic, field.text, link);
  }
  for (const { name } of model.services.values()) add("service", name, "service", "", `#/services/${name}`);
  for (const { name, patterns } of model.subscriptions.values()) {
    add("subscription", name, patterns.join("  "), "", `#/subscriptions/${name}`);
  }
  return found;
}

/** How well an entry fits a word: 0 is not at all. */
function fit(entry, word) {
  if (entry.inTitle === word) return 100;
  if (entry.inTitle.startsWith(word)) return 60;
  const place = entry.inTitle.indexOf(word);
  // The beginning of a later word in the title, as `posted` in `gradebook.grade.posted`.
  if (place > 0) return /[a-z0-9]/.test(entry.inTitle[place - 1]) ? 30 : 45;
  return entry.inText.includes(word) ? 10 : 0;
}

/** The entries that have every word of the query, best first. An empty query finds nothing. */
function search(index, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const hits = [];
  for (const entry of index) {
    const fits = words.map((word) => fit(entry, word));
    if (fits.every((one) => one > 0)) {
      hits.push({ entry, score: fits.reduce((sum, one) => sum + one, 0) + WEIGHTS[entry.kind] });
    }
  }
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  hits.sort(
    (a, b) => b.score - a.score || order(a.entry.title, b.entry.title) || order(a.entry.detail, b.entry.detail),
  );
  return hits.map((hit) => hit.entry);
}

if (typeof module === "object") module.exports = { indexOf, search };
