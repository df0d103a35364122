// Calls one operation with @epilot/billing-client. Standard input says which, as JSON; the answer is written as JSON.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');

const call = JSON.parse(readFileSync(0, 'utf8'));
const { getClient } = createRequire(call.packages + '/')('@epilot/billing-client');

const client = getClient();
client.defaults.baseURL = call.server;
client.defaults.headers.common.authorization = 'Bearer ' + call.token;

client[call.operation](call.params, call.body)
  .catch((failure) => {
    // A refusal is an error to the client, which carries the answer.
    if (!failure.response) throw failure;
    return failure.response;
  })
  .then((answer) => process.stdout.write(JSON.stringify({ status: answer.status, body: answer.data || null })));
