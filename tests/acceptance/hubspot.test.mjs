// @hubspot/api-client, unmodified, against the sandbox: one check per test, in this order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "@hubspot/api-client";

const info = JSON.parse(process.env.SANDBOX);
const client = new Client({ accessToken: info.hubspot_token, basePath: info.https_url });
const contacts = client.crm.contacts;
const email = (name) => `${name}@acceptance.example.jp`;
const made = {};

async function control(path, body) {
  const answer = await fetch(`${info.http_url}/_sandbox/${path}`, { method: "POST", body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${await answer.text()}`);
}

test("a contact is made and read", async () => {
  const found = await contacts.basicApi.create({ properties: { email: email("a"), lastname: "田中" }, associations: [] });
  made.contact = found.id;
  const read = await contacts.basicApi.getById(found.id, ["email", "lastname"]);
  assert.deepEqual([read.properties.email, read.properties.lastname], [email("a"), "田中"]);
  assert.ok(read.createdAt instanceof Date);
});

test("a contact is found by its address", async () => {
  const found = await contacts.basicApi.getById(email("a"), undefined, undefined, undefined, false, "email");
  assert.equal(found.id, made.contact);
});

test("a second contact of one address is refused with 409", async () => {
  const again = contacts.basicApi.create({ properties: { email: email("a") }, associations: [] });
  await assert.rejects(again, (error) => error.code === 409);
});

test("a contact is changed", async () => {
  await contacts.basicApi.update(made.contact, { properties: { firstname: "花子" } });
  const read = await contacts.basicApi.getById(made.contact, ["firstname"], ["firstname"]);
  assert.equal(read.properties.firstname, "花子");
  assert.equal(read.propertiesWithHistory.firstname[0].value, "花子");
});

test("an unknown property is refused with its name", async () => {
  const wrong = contacts.basicApi.update(made.contact, { properties: { bacon: "1" } });
  await assert.rejects(wrong, (error) => error.code === 400 && JSON.stringify(error.body).includes("bacon"));
});

test("a batch of contacts is made", async () => {
  const inputs = Array.from({ length: 30 }, (_, n) => ({ properties: { email: email(`b${n}`) }, associations: [] }));
  const { results, status } = await contacts.batchApi.create({ inputs });
  assert.deepEqual([results.length, status], [30, "COMPLETE"]);
  made.batch = results.map((each) => each.id);
});

test("a batch upsert makes and changes", async () => {
  const inputs = ["b0", "new"].map((name) => ({ id: email(name), idProperty: "email", properties: { city: "大阪" } }));
  const { results } = await contacts.batchApi.upsert({ inputs });
  assert.deepEqual(results.map((each) => each._new).sort(), [false, true]);
});

test("a batch is read, changed and archived", async () => {
  const inputs = made.batch.slice(0, 2).map((id) => ({ id }));
  const properties = ["email", "city"];
  const { results } = await contacts.batchApi.read({ inputs, properties, propertiesWithHistory: [] });
  assert.equal(results.length, 2);
  await contacts.batchApi.update({ inputs: inputs.map(({ id }) => ({ id, properties: { city: "神戸" } })) });
  assert.equal((await contacts.basicApi.getById(inputs[1].id, ["city"])).properties.city, "神戸");
  await contacts.batchApi.archive({ inputs: [{ id: made.batch[29] }] });
  await assert.rejects(contacts.basicApi.getById(made.batch[29]), (error) => error.code === 404);
});

test("contacts come in pages", async () => {
  const first = await contacts.basicApi.getPage(10);
  const second = await contacts.basicApi.getPage(10, first.paging.next.after);
  assert.equal(first.results.length, 10);
  assert.notEqual(first.results[0].id, second.results[0].id);
});

test("getAll walks every page", async () => {
  const all = await contacts.getAll(10);
  assert.ok(all.length >= 31);
});

test("search finds by filter, sorted", async () => {
  await control("clock", { offset_seconds: 120 }); // the index lags behind
  const found = await contacts.searchApi.doSearch({
    filterGroups: [{ filters: [{ propertyName: "city", operator: "EQ", value: "神戸" }] }],
    sorts: ["email"],
    properties: ["email"],
    limit: 10,
    after: "0",
  });
  assert.equal(found.total, 2);
});

test("companies and deals are objects too", async () => {
  const company = await client.crm.companies.basicApi.create({ properties: { name: "株式会社甲", domain: "kou.example.jp" }, associations: [] });
  const deal = await client.crm.deals.basicApi.create({
    properties: { dealname: "D", pipeline: "default", dealstage: "appointmentscheduled", amount: "1000" },
    associations: [],
  });
  Object.assign(made, { company: company.id, deal: deal.id });
  assert.equal((await client.crm.deals.basicApi.getById(deal.id, ["amount"])).properties.amount, "1000");
});

test("a default association links both ways", async () => {
  await client.crm.associations.v4.basicApi.createDefault("contacts", made.contact, "companies", made.company);
  const page = await client.crm.associations.v4.basicApi.getPage("companies", made.company, "contacts");
  assert.equal(String(page.results[0].toObjectId), made.contact);
});

test("associations are written and read in batches", async () => {
  const inputs = [{ _from: { id: made.deal }, to: { id: made.contact }, types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 3 }] }];
  await client.crm.associations.v4.batchApi.create("deals", "contacts", { inputs });
  const found = await client.crm.associations.v4.batchApi.getPage("deals", "contacts", { inputs: [{ id: made.deal }] });
  assert.equal(String(found.results[0].to[0].toObjectId), made.contact);
});

test("a record is read with its associations", async () => {
  const read = await client.crm.deals.basicApi.getById(made.deal, undefined, undefined, ["contacts"]);
  assert.equal(read.associations.contacts.results[0].id, made.contact);
});

test("an association is taken away", async () => {
  await client.crm.associations.v4.basicApi.archive("contacts", made.contact, "companies", made.company);
  const page = await client.crm.associations.v4.basicApi.getPage("contacts", made.contact, "companies");
  assert.equal(page.results.length, 0);
});

test("owners are listed", async () => {
  const page = await client.crm.owners.ownersApi.getPage(undefined, undefined, 100, false);
  assert.ok(Array.isArray(page.results));
});

test("pipelines have stages", async () => {
  const { results } = await client.crm.pipelines.pipelinesApi.getAll("deals");
  assert.ok(results[0].stages.some((each) => each.id === "appointmentscheduled"));
});

test("properties are listed, made and archived", async () => {
  const { results } = await client.crm.properties.coreApi.getAll("contacts");
  assert.ok(results.some((each) => each.name === "email"));
  const name = "acceptance_note";
  await client.crm.properties.coreApi.create("contacts", { name, label: "Note", type: "string", fieldType: "text", groupName: "contactinformation" });
  assert.equal((await client.crm.properties.coreApi.getByName("contacts", name)).label, "Note");
  await client.crm.properties.coreApi.archive("contacts", name);
});

test("a static list takes members", async () => {
  const { list } = await client.crm.lists.listsApi.create({ name: "Acceptance", objectTypeId: "0-1", processingType: "MANUAL" });
  await client.crm.lists.membershipsApi.add(list.listId, [made.contact]);
  const page = await client.crm.lists.membershipsApi.getPage(list.listId);
  assert.deepEqual(page.results.map((each) => String(each.recordId)), [made.contact]);
});

test("an archived contact is gone, and merges keep one", async () => {
  const [kept, lost] = made.batch.slice(3, 5);
  const merged = await client.crm.contacts.basicApi.merge({ primaryObjectId: kept, objectIdToMerge: lost });
  assert.ok(merged.id);
  await contacts.basicApi.archive(made.contact);
  await assert.rejects(contacts.basicApi.getById(made.contact), (error) => error.code === 404);
});

test("a raw request passes through", async () => {
  const answer = await client.apiRequest({ method: "GET", path: "/account-info/v3/details" });
  assert.ok((await answer.json()).portalId);
});

test("a wrong token is 401", async () => {
  const stranger = new Client({ accessToken: "pat-nobody", basePath: info.https_url });
  await assert.rejects(stranger.crm.contacts.basicApi.getPage(1), (error) => error.code === 401);
});
