// The house: rooms stand on floors. A room imports only from floors below its own, and only through the room's door (index.ts).
const floors = [
  ['errors', 'sql', 'units', 'yaml'],
  ['archive', 'connection', 'wire', 'report'],
  ['catalog', 'pgdump', 'provider'],
  ['check', 'verify', 'copy', 'globals'],
  ['plan', 'engine'],
  ['online', 'migrate'],
  ['files', 'migrate'],
  ['migrate', 'online', 'files', 'rehearse', 'runbook', 'server'],
  ['cli', 'console'],
]
// On one floor these may see a neighbour, through its door: `from` may import `to`.
const neighbours = [
  ['wire', 'connection'],
  ['plan', 'engine'],
  ['online', 'migrate'],
  ['files', 'migrate'],
  ['rehearse', 'migrate'],
  ['server', 'migrate'],
  ['server', 'files'],
  ['runbook', 'migrate'],
]

const room = (name) => (floors[0].includes(name) ? `^src/${name}\\.ts$` : `^src/${name}/`)
const floorRules = floors.flatMap((rooms, floor) =>
  rooms.map((name) => {
    const allowed = [
      ...floors.slice(0, floor).flat(),
      name,
      ...neighbours.filter(([from]) => from === name).map(([, to]) => to),
    ]
    return {
      name: `floor-${name}`,
      comment: `${name} stands on floor ${floor}: it imports only from below`,
      severity: 'error',
      from: { path: room(name) },
      to: { path: '^src/', pathNot: [...allowed.map(room), ...(name === 'cli' ? ['^src/index\\.ts$'] : [])] },
    }
  }),
)

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'through-the-door',
      comment: 'another room is entered only through its index.ts',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'commands-load-late',
      comment:
        'help and mistakes are answered at once: commands call the library through cli/library.ts, which loads it then',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: {
        path: '^src/',
        pathNot: ['^src/(cli|report)/', '^src/(errors|units)\\.ts$'],
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-circles',
      comment: 'a circle that consists of types alone vanishes when compiled',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'the other rules hold only where dependency-cruiser finds what is imported',
      severity: 'error',
      from: {},
      // @types/sarif types a format, and there is no package behind it.
      to: { couldNotResolve: true, pathNot: '^sarif$' },
    },
    {
      name: 'tests-stay-out',
      comment: 'what ships never imports what tests it',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|demo|bench)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default', 'types'],
    },
  },
}
