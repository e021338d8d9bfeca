// Evaluates requests against IAM policies. A JSON array of simulations comes in on each line of standard input, and a
// JSON array with a verdict for each goes out: {"result": "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied"}, or
// {"error": ...} for what IAM would not accept: an invalid policy, an unknown action, a resource that the action cannot
// have, or a context key that such a request never carries.
import { createInterface } from 'node:readline'
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'

async function verdict({ request, ...policies }) {
  const principal = request.principal ?? anonymousPrincipal
  const outcome = await runSimulation({ request: { ...request, principal }, ...policies }, {})
  if (outcome.resultType !== 'single') return { error: outcome.errors ?? 'the resource must not have wildcards' }
  const { ignoredContextKeys } = outcome.result
  if (ignoredContextKeys.length > 0) return { error: { message: `no such context keys: ${ignoredContextKeys}` } }
  return { result: outcome.overallResult }
}

for await (const line of createInterface({ input: process.stdin })) {
  const verdicts = await Promise.all(JSON.parse(line).map(verdict))
  process.stdout.write(`${JSON.stringify(verdicts)}\n`)
}
