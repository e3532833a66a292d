"use strict";

// What an AsyncAPI document says, as plain values that are easy to show. Nothing here touches the page.

/** The part of a document that a reference such as `#/channels/x` leads to. */
function target(document, reference) {
  return reference
    .slice(2)
    .split("/")
    .reduce((part, name) => part?.[name], document);
}

/** A schema with what it refers to laid under it, and whether it may also be nothing. */
function resolved(document, schema, depth = 0) {
  if (typeof schema !== "object" || schema === null || depth > 8) return {};
  const { $ref, allOf = [], anyOf, ...own } = schema;
  let whole = {};
  for (const part of [...allOf, ...($ref ? [target(document, $ref)] : [])]) {
    whole = { ...whole, ...resolved(document, part, depth + 1) };
  }
  if (anyOf) {
    const something = anyOf.filter((one) => one.type !== "null");
    if (something.length === 1) whole = { ...whole, ...resolved(document, something[0], depth + 1) };
    else whole.alternatives = something.map((one) => resolved(document, one, depth + 1));
    if (something.length < anyOf.length) whole.nullable = true;
  }
  whole = { ...whole, ...own };
  if (Array.isArray(whole.type)) {
    const types = whole.type.filter((type) => type !== "null");
    if (types.length < whole.type.length) whole.nullable = true;
    whole.type = types.length === 1 ? types[0] : types;
  }
  return whole;
}

const FORMATS = { "date-time": "instant", date: "date", time: "time of day", email: "e-mail address", uri: "URI" };

/** The type of a resolved schema in words. */
function typeOf(document, schema) {
  if (schema.alternatives) return schema.alternatives.map((one) => typeOf(document, one)).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.oneOf || schema.enum) return "word";
  if (schema.type === "array") return `list of ${typeOf(document, resolved(document, schema.items ?? {}))}`;
  if (schema.type === "object" && !schema.properties && typeof schema.additionalProperties === "object") {
    return `map of ${typeOf(document, resolved(document, schema.additionalProperties))}`;
  }
  if (schema.type === "string") return FORMATS[schema.format] ?? "text";
  return Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "anything");
}

function range(least, most, unit) {
  if (least === undefined && most === undefined) return [];
  const suffix = unit ? ` ${unit}` : "";
  if (least === undefined) return [`at most ${most}${suffix}`];
  if (most === undefined) return [`at least ${least}${suffix}`];
  return [least === most ? `${least}${suffix}` : `${least} to ${most}${suffix}`];
}

/** What a resolved schema allows, in words. */
function boundsOf(document, schema) {
  const words = schema.enum ?? schema.oneOf?.map((one) => one.const).filter((word) => word !== undefined);
  const bounds = [
    ...(words?.length ? [words.filter((word) => word !== null).join(" · ")] : []),
    ...range(schema.minLength, schema.maxLength, "characters"),
    ...range(schema.minimum, schema.maximum),
    ...range(schema.minItems, schema.maxItems, "items"),
    ...range(schema.minProperties, schema.maxProperties, "entries"),
    ...(schema.exclusiveMinimum === undefined ? [] : [`more than ${schema.exclusiveMinimum}`]),
    ...(schema.exclusiveMaximum === undefined ? [] : [`less than ${schema.exclusiveMaximum}`]),
    ...(schema.uniqueItems ? ["each once"] : []),
    ...(schema.pattern ? [{ pattern: schema.pattern }] : []),
  ];
  if (schema.type === "array") {
    const inner = boundsOf(document, resolved(document, schema.items ?? {}));
    return [...bounds, ...inner.map((bound) => (typeof bound === "string" ? `each ${bound}` : bound))];
  }
  return bounds;
}

/** Every field of a payload, those that must be there first; what is inside lists and maps is written `grades[].score`, `names{}`. */
function fieldsOf(document, schema, personal, path = "", depth = 0) {
  const whole = resolved(document, schema);
  const required = new Set(whole.required ?? []);
  const names = Object.keys(whole.properties ?? {});
  names.sort((a, b) => required.has(b) - required.has(a) || (a < b ? -1 : 1));
  return names.flatMap((name) => {
    const field = resolved(document, whole.properties[name]);
    const place = path ? `${path}.${name}` : name;
    const row = {
      path: place,
      depth,
      type: typeOf(document, field) + (field.nullable ? " or nothing" : ""),
      bounds: boundsOf(document, field),
      required: required.has(name),
      personal: personal.has(place) || personal.has(`${place}[]`) || personal.has(`${place}{}`),
      text: field.description ?? "",
    };
    return depth > 4 ? [row] : [row, ...inside(document, field, personal, place, depth + 1)];
  });
}

function inside(document, field, personal, place, depth) {
  if (field.properties) return fieldsOf(document, field, personal, place, depth);
  if (field.type === "array") return fieldsOf(document, field.items, personal, `${place}[]`, depth);
  return fieldsOf(document, field.additionalProperties, personal, `${place}{}`, depth);
}

/** Whether a pattern takes a topic: `*` stands for one word, `#` for any number. */
function matches(pattern, topic) {
  const take = (pattern, topic) => {
    if (pattern.length === 0) return topic.length === 0;
    const [first, ...rest] = pattern;
    if (first === "#") return take(rest, topic) || (topic.length > 0 && take(pattern, topic.slice(1)));
    return topic.length > 0 && (first === "*" || first === topic[0]) && take(rest, topic.slice(1));
  };
  return take(pattern.split("."), topic.split("."));
}

function eventOf(document, message) {
  const topic = message.name;
  const exchange = document.channels[topic]?.bindings?.amqp?.exchange?.name ?? "";
  const payload = target(document, message.payload.$ref);
  return {
    topic,
    exchange,
    context: message["x-fabric-context"],
    aggregate: message["x-fabric-aggregate"],
    text: message.summary,
    version: message["x-fabric-version"],
    dataschema: message["x-fabric-dataschema"],
    scope: message["x-fabric-scope"],
    owner: message["x-fabric-owner"],
    publishers: message["x-fabric-publishers"],
    roles: message["x-fabric-roles"],
    key: message["x-fabric-key"],
    subject: message["x-fabric-subject"],
    fields: fieldsOf(document, payload, new Set(message["x-fabric-personal"])),
    example: message.examples?.[0] ?? {},
    senders: [],
    receivers: [],
  };
}

/** Everything that the page shows. */
function modelOf(document) {
  const messages = Object.values(document.components?.messages ?? {});
  const events = new Map(messages.map((message) => [message.name, eventOf(document, message)]));
  const services = new Map(
    (document.info["x-fabric-services"] ?? []).map((name) => [name, { name, sends: [], subscriptions: [] }]),
  );
  const subscriptions = new Map();
  for (const operation of Object.values(document.operations ?? {})) {
    const service = services.get(operation["x-fabric-service"]);
    const topics = operation.messages.map((message) => message.$ref.split("/").at(-1));
    if (operation.action === "send") {
      service.sends.push(...topics);
      topics.forEach((topic) => events.get(topic).senders.push(service.name));
      continue;
    }
    const subscription = {
      name: operation["x-fabric-subscription"],
      service: service.name,
      patterns: operation["x-fabric-patterns"],
      retry: operation["x-fabric-retry"],
      parking: operation["x-fabric-parking"],
      partitions: operation["x-fabric-partitions"],
      topics,
    };
    subscriptions.set(subscription.name, subscription);
    service.subscriptions.push(subscription.name);
    topics.forEach((topic) => {
      const because = subscription.patterns.filter((pattern) => matches(pattern, topic));
      events.get(topic).receivers.push({ name: subscription.name, because });
    });
  }
  return { info: document.info, events, services, subscriptions };
}

if (typeof module === "object") module.exports = { boundsOf, fieldsOf, matches, modelOf, resolved, typeOf };
