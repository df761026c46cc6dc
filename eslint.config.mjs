import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Who may import whom. A project that is not listed may import no other. */
const mayImport = {
  'libs/domain': [],
  'libs/wire-kit': [],
  'libs/http-wire': ['wire-kit'],
  'libs/dev-issuer': [],
  'libs/identity': ['domain'],
  'libs/policy': ['domain'],
  'libs/masking': ['domain'],
  'libs/recording': ['domain'],
  'libs/sql': ['domain'],
  'libs/gateway-contract': ['domain'],
  'libs/api-contract': ['domain'],
  'libs/enforcement': ['domain'],
  'libs/api-client': ['api-contract', 'domain'],
  'libs/testing': ['domain'],
  'libs/kubernetes-protobuf': [],
  'libs/testing-kubernetes': ['kubernetes-protobuf', 'testing'],
  'libs/protocols/postgres': ['domain', 'enforcement', 'masking', 'sql', 'wire-kit'],
  'libs/http-core': ['domain', 'enforcement', 'http-wire', 'masking'],
  'libs/protocols/http': ['domain', 'enforcement', 'http-core', 'http-wire', 'masking'],
  'libs/protocols/kubernetes': ['domain', 'enforcement', 'http-core', 'http-wire', 'kubernetes-protobuf', 'masking'],
  'libs/protocols/ssh': ['domain', 'enforcement', 'masking', 'wire-kit'],
  migrations: [],
  'apps/control-plane': [
    'domain',
    'identity',
    'policy',
    'recording',
    'sql',
    'gateway-contract',
    'api-contract',
    'migrations',
  ],
  'apps/gateway': [
    'domain',
    'enforcement',
    'gateway-contract',
    'http-core',
    'http-wire',
    'identity',
    'masking',
    'policy',
    'protocol-http',
    'protocol-kubernetes',
    'protocol-postgres',
    'protocol-ssh',
    'recording',
    'sql',
    'wire-kit',
  ],
  'apps/cli': ['api-client', 'api-contract', 'dev-issuer', 'domain', 'policy', 'recording'],
  'apps/conformance': ['dev-issuer', 'domain', 'recording', 'testing', 'testing-kubernetes'],
  'apps/bench': ['identity', 'testing', 'testing-kubernetes'],
};
/** A framework that belongs to one app. */
const homes = [
  { packages: ['@nestjs/*', 'bullmq'], only: ['apps/control-plane'] },
  { packages: ['typeorm'], only: ['apps/control-plane', 'migrations'] },
];

const owned = (folder) => {
  const allowed = mayImport[folder];
  const foreign = homes.filter((home) => !home.only.includes(folder)).flatMap((home) => home.packages);
  return [
    {
      regex: `^@sallyport/(?!(${allowed.join('|') || '-'})$)`,
      message: `${folder} may import only: ${allowed.join(', ') || 'nothing of the workspace'} (docs/architecture.md).`,
    },
    {
      regex: '^(\\.\\./)+(apps|libs|migrations)/',
      message: "Enter a project through its door, the package's name.",
    },
    ...(foreign.length
      ? [{ group: foreign, message: 'This framework lives in one app; see docs/architecture.md.' }]
      : []),
  ];
};

/** What only tests import counts as tests. */
const tests = ['**/*.test.ts', '**/src/testing/**/*.ts'];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', 'coverage/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts', '.js'],
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-default-export': 'error',
      'import-x/no-self-import': 'error',
      'max-lines': ['error', { max: 400 }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what a door lets through.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        { selector: "CallExpression[callee.name='forwardRef']", message: 'A cycle hides here: move what both need.' },
        {
          selector: 'Program > ImportDeclaration[source.value=/^[.].*(utils?|helpers?|common|shared|misc)([.]js)?$/]',
          message: 'Name a file after what it exports.',
        },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
    },
  },
  ...Object.keys(mayImport).map((folder) => ({
    files: [`${folder}/**/*.ts`],
    ignores: tests,
    rules: { 'no-restricted-imports': ['error', { patterns: owned(folder) }] },
  })),
  {
    // Nest reads constructor parameter types at run time: a type-only import would erase them.
    files: ['apps/control-plane/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  { files: ['apps/cli/**/*.ts', 'apps/bench/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: tests, rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'max-lines': ['error', { max: 400 }] } },
);
