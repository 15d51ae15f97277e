import type { Step } from '../../src/engine/index.ts'

export type TestStep = Step<string>

/** A step with nothing special about it but what the test says. */
export function step(id: number, fields: Partial<TestStep> = {}): TestStep {
  return {
    id,
    kind: 'test',
    label: `step ${String(id)}`,
    bytes: 0,
    cost: 1,
    stage: 0,
    dependsOn: [],
    after: [],
    locks: [],
    work: '',
    ...fields,
  }
}
