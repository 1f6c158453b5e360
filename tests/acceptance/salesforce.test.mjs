// jsforce, unmodified, against the sandbox: one check per test, in this order.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import jsforce from "jsforce";

const info = JSON.parse(process.env.SANDBOX);
const url = info.https_url;
const oauth2 = { clientId: info.client_id, clientSecret: info.client_secret, loginUrl: url };
const version = "59.0";
let org;

async function control(path, body = {}) {
  const answer = await fetch(`${info.http_url}/_sandbox/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${await answer.text()}`);
}

before(async () => {
  org = new jsforce.Connection({ instanceUrl: url, oauth2, version });
  await org.authorize({ grant_type: "client_credentials" });
});

test("client credentials sign in and say who they are", async () => {
  assert.match(org.accessToken, /^00D\w{12,15}!/);
  const said = await org.request(`${url}/services/oauth2/userinfo`);
  assert.equal(said.organization_id.slice(0, 3), "00D");
});

test("SOAP login signs in once the org allows it", async () => {
  const soap = new jsforce.Connection({ loginUrl: url, version });
  const [user, password] = [info.salesforce_username, info.salesforce_password];
  await assert.rejects(soap.login(user, password), /disabled/);
  await control("salesforce/switch", { name: "soap_login", on: true });
  const said = await soap.login(user, password);
  assert.equal(said.id.slice(0, 3), "005");
  assert.equal((await soap.query("SELECT Id FROM User LIMIT 1")).records.length, 1);
});

test("a dead session is INVALID_SESSION_ID", async () => {
  const dead = new jsforce.Connection({ instanceUrl: url, accessToken: "00D000000000000!x", version });
  await assert.rejects(dead.query("SELECT Id FROM Account"), { errorCode: "INVALID_SESSION_ID" });
});

test("the global describe lists objects", async () => {
  const names = (await org.describeGlobal()).sobjects.map((each) => each.name);
  for (const name of ["Account", "Contact", "Lead", "Opportunity", "Task"])
    assert.ok(names.includes(name), name);
});

test("an object describes its fields", async () => {
  const described = await org.sobject("Account").describe();
  const name = described.fields.find((each) => each.name === "Name");
  assert.deepEqual([name.type, name.nillable, described.keyPrefix], ["string", false, "001"]);
});

test("limits name the daily allowance", async () => {
  const limits = await org.limits();
  assert.ok(limits.DailyApiRequests.Max >= limits.DailyApiRequests.Remaining);
  assert.ok(org.limitInfo.apiUsage.used > 0);
});

test("a record is made, read, changed and deleted", async () => {
  const accounts = org.sobject("Account");
  const { id, success } = await accounts.create({ Name: "株式会社ジェイエス" });
  assert.ok(success);
  assert.equal((await accounts.retrieve(id)).Name, "株式会社ジェイエス");
  await accounts.update({ Id: id, Phone: "03-0000-0000" });
  assert.equal((await accounts.retrieve(id)).Phone, "03-0000-0000");
  await accounts.destroy(id);
  await assert.rejects(accounts.retrieve(id), { errorCode: "NOT_FOUND" });
});

test("a refused write says which field", async () => {
  await assert.rejects(org.sobject("Contact").create({ FirstName: "A" }), {
    errorCode: "REQUIRED_FIELD_MISSING",
    message: /LastName/,
  });
});

test("many records are written by collections, in place", async () => {
  const leads = Array.from({ length: 3 }, (_, n) => ({ LastName: n === 1 ? null : `M${n}`, Company: "C" }));
  const results = await org.sobject("Lead").create(leads, { allOrNone: false });
  assert.deepEqual(results.map((each) => each.success), [true, false, true]);
  assert.equal(results[1].errors[0].statusCode ?? results[1].errors[0].errorCode, "REQUIRED_FIELD_MISSING");
});

test("hundreds of records are cut into collections", async () => {
  const leads = Array.from({ length: 450 }, (_, n) => ({ LastName: `H${n}`, Company: "H" }));
  const results = await org.sobject("Lead").create(leads, { allowRecursive: true });
  assert.ok(results.length === 450 && results.every((each) => each.success));
});

test("an upsert makes, then changes", async () => {
  const tasks = org.sobject("Task");
  const first = await tasks.upsert({ Tasuki_Key__c: "js-1", Subject: "One" }, "Tasuki_Key__c");
  const second = await tasks.upsert({ Tasuki_Key__c: "js-1", Subject: "Two" }, "Tasuki_Key__c");
  assert.deepEqual([first.created ?? true, second.created ?? false], [true, false]);
  assert.equal((await tasks.retrieve(first.id)).Subject, "Two");
});

test("upserts of many go in one call", async () => {
  const records = ["js-1", "js-2"].map((key) => ({ Tasuki_Key__c: key, Subject: key }));
  const results = await org.sobject("Task").upsert(records, "Tasuki_Key__c");
  assert.deepEqual(results.map((each) => each.created), [false, true]);
});

test("a query comes in pages", async () => {
  const soql = "SELECT Id FROM Lead ORDER BY Id";
  const headers = { "Sforce-Query-Options": "batchSize=200" };
  const first = await org.request({ method: "GET", url: `/query?q=${encodeURIComponent(soql)}`, headers });
  assert.deepEqual([first.records.length, first.done], [200, false]);
  const second = await org.queryMore(first.nextRecordsUrl);
  assert.notEqual(second.records[0].Id, first.records[0].Id);
});

test("autoFetch reaches every row", async () => {
  const records = await org.query("SELECT Id FROM Lead WHERE Company = 'H'").execute({
    autoFetch: true,
    maxFetch: 10_000,
  });
  assert.equal((records.records ?? records).length, 450);
});

test("parents and children come nested", async () => {
  const { id } = await org.sobject("Account").create({ Name: "Parent" });
  await org.sobject("Contact").create({ LastName: "Child", AccountId: id });
  const up = await org.query("SELECT Account.Owner.Name FROM Contact WHERE LastName = 'Child'");
  assert.ok(up.records[0].Account.Owner.Name);
  const down = await org.query(`SELECT (SELECT LastName FROM Contacts) FROM Account WHERE Id = '${id}'`);
  assert.equal(down.records[0].Contacts.records[0].LastName, "Child");
});

test("the query builder's finders work", async () => {
  const found = await org.sobject("Lead").find({ Company: "H", LastName: { $like: "H1%" } }, "Id, LastName").limit(5);
  assert.equal(found.length, 5);
  assert.equal(await org.sobject("Lead").count({ Company: "H" }), 450);
});

test("aggregates have their names", async () => {
  const { records } = await org.query("SELECT Company, COUNT(Id) n FROM Lead GROUP BY Company HAVING COUNT(Id) > 400");
  assert.deepEqual([records[0].Company, records[0].n], ["H", 450]);
});

test("a wrong query points at its fault", async () => {
  await assert.rejects(org.query("SELECT Bacon__c FROM Account"), {
    errorCode: "INVALID_FIELD",
    message: /\^\s*ERROR at Row:1:Column:8/,
  });
});

test("queryAll sees the recycle bin", async () => {
  const { id } = await org.sobject("Lead").create({ LastName: "Bin", Company: "C" });
  await org.sobject("Lead").destroy(id);
  const soql = `SELECT Id, IsDeleted FROM Lead WHERE Id = '${id}'`;
  assert.equal((await org.query(soql)).totalSize, 0);
  const all = await org.query(soql, { scanAll: true });
  assert.equal(all.records[0].IsDeleted, true);
});

test("updated and deleted answer for a span", async () => {
  const end = new Date(), start = new Date(end - 3_600_000);
  const deleted = await org.sobject("Lead").deleted(start, end);
  assert.ok(Array.isArray(deleted.deletedRecords) && deleted.latestDateCovered);
  assert.ok(Array.isArray((await org.sobject("Lead").updated(start, end)).ids));
});

test("composite runs several requests, one using another", async () => {
  const stem = `/services/data/v${version}`;
  const answer = await org.requestPost("/composite", {
    allOrNone: true,
    compositeRequest: [
      { method: "POST", url: `${stem}/sobjects/Account`, referenceId: "a", body: { Name: "Comp" } },
      { method: "POST", url: `${stem}/sobjects/Contact`, referenceId: "c", body: { LastName: "Osite", AccountId: "@{a.id}" } },
    ],
  });
  assert.deepEqual(answer.compositeResponse.map((each) => each.httpStatusCode), [201, 201]);
});

test("bulk2 loads and reads back", async () => {
  org.bulk2.pollInterval = 20;
  org.bulk2.pollTimeout = 60_000;
  const input = Array.from({ length: 300 }, (_, n) => ({ LastName: `K${n}`, Company: "K" }));
  const done = await org.bulk2.loadAndWaitForResults({ object: "Lead", operation: "insert", input });
  assert.deepEqual([done.successfulResults.length, done.failedResults.length], [300, 0]);
  const rows = await (await org.bulk2.query("SELECT Id, LastName FROM Lead WHERE Company = 'K'")).toArray();
  assert.equal(rows.length, 300);
});

test("bulk2 upserts by external id and tells refused rows apart", async () => {
  const input = [{ Tasuki_Key__c: "js-1", Subject: "Bulk" }, { Tasuki_Key__c: "", Subject: "None" }];
  const done = await org.bulk2.loadAndWaitForResults({
    object: "Task",
    operation: "upsert",
    externalIdFieldName: "Tasuki_Key__c",
    input,
  });
  assert.equal(done.successfulResults[0].sf__Created, "false");
  assert.match(done.failedResults[0].sf__Error, /^MISSING_ARGUMENT:/);
});

test("bulk2 deletes what a query finds", async () => {
  const rows = await (await org.bulk2.query("SELECT Id FROM Lead WHERE Company = 'K'")).toArray();
  const done = await org.bulk2.loadAndWaitForResults({ object: "Lead", operation: "delete", input: rows });
  assert.equal(done.successfulResults.length, 300);
  assert.equal(await org.sobject("Lead").count({ Company: "K" }), 0);
});
