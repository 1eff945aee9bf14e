// Which part may import which (docs/architecture.md, The parts). Each rule says what would break without it.
const parts = [
  'contracts',
  'supabase',
  'runtime',
  'agent-backend',
  'api',
  'worker',
  'operator',
  'clients',
  'dev',
  'faults',
  'simulation',
  'e2e',
  'charts',
  'tools',
];

const boundary = (name, allowed, reason) => ({
  name: `${name}-boundary`,
  severity: 'error',
  comment: reason,
  from: { path: `^${name}/` },
  to: { path: `^(${parts.filter((part) => part !== name && !allowed.includes(part)).join('|')})/` },
});

module.exports = {
  forbidden: [
    boundary('contracts', [], 'Contracts are what all others stand on: whatever they import, everybody imports.'),
    boundary('supabase', ['contracts'], 'The record must be usable by a tool that has no Redis and no story domain.'),
    boundary('runtime', ['contracts'], 'What every process needs must not bring the store or the domain along.'),
    boundary(
      'agent-backend',
      ['contracts', 'supabase'],
      'The story domain runs from a terminal too: nothing of queues, HTTP or processes.',
    ),
    boundary(
      'api',
      ['contracts', 'supabase', 'runtime'],
      'The API starts in a moment and holds no LLM key: no domain, no worker.',
    ),
    boundary(
      'worker',
      ['contracts', 'supabase', 'runtime', 'agent-backend'],
      'A worker is scaled to zero: nobody may need it.',
    ),
    boundary(
      'operator',
      ['contracts', 'supabase', 'runtime'],
      'The operator mends what others broke, so it shares no fate with them.',
    ),
    boundary('clients', ['contracts'], 'A client is installed alone, by people who run no part of the server.'),
    boundary(
      'faults',
      ['contracts', 'supabase', 'runtime', 'clients', 'dev'],
      'Faults happen to whole processes: what is broken is started, never imported.',
    ),
    boundary(
      'dev',
      ['contracts', 'supabase', 'runtime', 'clients'],
      'The launcher starts processes; it must not become a fourth way to run a task.',
    ),
    boundary(
      'e2e',
      ['contracts', 'supabase', 'clients', 'charts'],
      'The suite looks at a release from outside: what it needs of a part, a user would need too. The chart is what they install.',
    ),
    {
      name: 'contracts-are-pure',
      severity: 'error',
      comment: 'No input or output in the domain’s vocabulary: it is read by browsers and clients too.',
      // Terminals are Node's alone, and what is taken of it there is pure.
      from: { path: '^contracts/src/', pathNot: '(\\.test\\.ts$|^contracts/src/terminal/)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two modules that need each other are one module, or one of them has a third in it.',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tests-stay-apart',
      severity: 'error',
      comment: 'What ships must not need what only tests have. The fault suite is a test as a whole.',
      from: { path: '/src/', pathNot: '(^faults/|\\.test\\.ts$|/testing/|/src/llm/test[A-Z])' },
      to: { path: '(\\.test\\.ts$|/testing/|^[^/]+/test/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|\\.local|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
