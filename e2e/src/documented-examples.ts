import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './system.ts';

/** A block of code in a page of the documentation. */
export interface Example {
  /** As an editor opens it. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  /** Why the page says that tests do not run it. */
  readonly notRun: string | undefined;
  /** Whether it makes a gateway of a machine, for which the test has one of its own. */
  readonly ownGateway: boolean;
  /** Whether it installs a release package, for which the test has a system of its own. */
  readonly cleanSystem: boolean;
  /** It goes on by itself: it is stopped by Ctrl-C once it has printed this. */
  readonly until: string | undefined;
  /** It fails, and says this. */
  readonly refused: string | undefined;
}

/** Which test runs the commands of which Markdown files; `exactly`: as they are written, one after the other. */
export interface TestedPages {
  /** Paths from the root of the repository; `*` stands for a name. */
  readonly pages: readonly string[];
  readonly test: string;
  readonly exactly: boolean;
}

/** Pages whose examples run on a gateway and a platform that are there already. */
export const examplePages = [
  'message-queue.md',
  'device-client.md',
  'python-client.md',
  'custom-gateway-applications.md',
  'gateway-engine.md',
  'command-line-tools.md',
  'operations.md',
  'platform.md',
  'application-hosting.md',
  'security-model.md',
  'observability.md',
  'solution-app.md',
] as const;

/** What runs the blocks under `<!-- run by tests on a gateway of its own -->`, whatever their page. */
export const ownGatewayTest = 'documented-enrolment';

/** What runs the blocks under `<!-- run by tests in a system of its own -->`, whatever their page. */
export const cleanSystemTest = 'release';

export const testedPages: readonly TestedPages[] = [
  { pages: examplePages.map((page) => `docs/${page}`), test: 'documented-examples', exactly: true },
  { pages: ['docs/over-the-air-updates.md'], test: 'documented-updates', exactly: true },
  { pages: ['docs/getting-started.md'], test: 'getting-started', exactly: true },
  { pages: ['packages/*/README.md'], test: 'npm-packages', exactly: true },
  // What is run with each of them: build, deploy, and look at what the platform gets.
  { pages: ['examples/*/README.md'], test: 'examples', exactly: false },
  { pages: ['clients/python/README.md'], test: 'python-client', exactly: false },
  { pages: ['README.md'], test: 'npm-start', exactly: false },
];

/** The examples of a page. Those that tests cannot run stand under a comment: `<!-- not run by tests: WHY -->`. */
export function examplesOf(page: string): Example[] {
  return parseExamples(readFileSync(join(root, 'docs', page), 'utf8'), `docs/${page}`);
}

export function parseExamples(markdown: string, page: string): Example[] {
  const examples: Example[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at++) {
    // In a list, a block is indented.
    const [, indent = '', language] = /^( *)```(\w*)\s*$/.exec(lines[at] ?? '') ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf(`${indent}\`\`\``, at + 1);
    if (end === -1) throw new Error(`${page}:${at + 1}: the block does not end`);
    const above = lines.slice(0, at).findLast((line) => line.trim() !== '') ?? '';
    const notRun = /^ *<!-- not run by tests: (.+) -->$/.exec(above)?.[1];
    const how = howItIsRun(above);
    examples.push({
      place: `${page}:${at + 1}`,
      language,
      text: lines
        .slice(at + 1, end)
        .map((line) => line.slice(indent.length))
        .join('\n'),
      notRun,
      ...how,
    });
    at = end;
  }
  return examples;
}

/** By the comment above a block. */
function howItIsRun(comment: string): Pick<Example, 'ownGateway' | 'cleanSystem' | 'until' | 'refused'> {
  const { where, until, refused } =
    /^ *<!-- run by tests(?: (?<where>on a gateway of its own|in a system of its own))?(?:, until: (?<until>.+)|, refused: (?<refused>.+))? -->$/.exec(
      comment,
    )?.groups ?? {};
  return {
    ownGateway: where === 'on a gateway of its own',
    cleanSystem: where === 'in a system of its own',
    until,
    refused,
  };
}

/** A module from an example in TypeScript: the addresses and the key that it speaks of are those of the test. */
export function module(example: Example, platform: string, queue: string): string {
  const text = example.text
    .replaceAll('http://127.0.0.1:8080', platform)
    .replaceAll('http://127.0.0.1:8090', queue);
  const needsKey = /\bcik\b/.test(text) && !/\b(const|let) cik\b/.test(text);
  return `${needsKey ? "const cik = process.env.CIK ?? '';\n" : ''}${text}\n`;
}

/** The same commands with a platform that listens where nobody else does. */
export function withFreePorts(text: string): string {
  return text
    .replaceAll(/--(listen|metrics-listen) \S+/g, '--$1 127.0.0.1:0')
    .replaceAll(/gwe-platform serve (?!.*--listen)/g, 'gwe-platform serve --listen 127.0.0.1:0 ');
}

/** A script that runs shell examples one after the other, as a reader in one terminal would, and says where it is. */
export function shellScript(examples: readonly Example[]): string {
  const prelude = [
    'set -eo pipefail',
    // An answer that refuses is a failure here.
    'curl() { command curl --silent --show-error --fail-with-body --max-time 30 "$@"; }',
    untilSeen,
    isRefused,
  ];
  return [...prelude, ...examples.flatMap((each) => [`echo '== ${each.place}'`, ...linesOf(each)])].join(
    '\n',
  );
}

/** Runs what is on standard input as a job of its own until its output has the text, and then sends what Ctrl-C does. */
const untilSeen = `
until_seen() {
  local block out job
  block=$(cat); out=$(mktemp)
  set -m; bash -ec "$block" > "$out" 2>&1 < /dev/null & job=$!; set +m
  for _ in $(seq 300); do
    if grep -qF -- "$1" "$out"; then kill -INT -- "-$job"; wait "$job" || true; cat "$out"; rm "$out"; return; fi
    command sleep 0.2
  done
  kill -KILL -- "-$job" 2> /dev/null || true; cat "$out"; rm "$out"
  echo "it never printed: $1"; return 1
}`;

/** Runs what is on standard input, which has to fail and to print the text. */
const isRefused = `
is_refused() {
  local out
  if out=$(bash -ec "$(cat)" 2>&1); then echo "$out"; echo 'it was not refused'; return 1; fi
  case $out in *"$1"*) ;; *) echo "$out"; echo "it did not say: $1"; return 1 ;; esac
}`;

function linesOf({ text, until, refused }: Example): string[] {
  if (until !== undefined) return [`until_seen '${until}' <<'END_OF_BLOCK'`, text, 'END_OF_BLOCK'];
  if (refused !== undefined) return [`is_refused '${refused}' <<'END_OF_BLOCK'`, text, 'END_OF_BLOCK'];
  return [text];
}
