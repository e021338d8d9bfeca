// Evaluates requests against IAM policies. Each line of standard input is a JSON array of simulations; the line's answer
// on standard output is a JSON array of verdicts: {"result": "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied"}, or
// {"error": ...} for an invalid policy, an unknown action, a resource type that the action does not support, or a
// condition key that AWS does not send with the action.
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
