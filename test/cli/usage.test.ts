import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const URL = 'postgres://nobody@127.0.0.1:1/none'

describe('a mistake on the command line', () => {
  test.each([
    ['an unknown option', ['migrate', URL, URL, '--jbos', '3'], "Unknown option '--jbos'.", 'Did you mean --jobs?'],
    ['an unknown command', ['mirgate', URL, URL], "Unknown command 'mirgate'.", 'Did you mean migrate?'],
    ['a missing argument', ['migrate', URL], "Missing required argument 'target'.", '--help'],
    ['one argument too many', ['status', URL, URL], 'Too many arguments', '--help'],
    ['no number', ['migrate', URL, URL, '--jobs', 'many'], "'many' is no whole number above 0", '--help'],
    ['no jobs at all', ['migrate', URL, URL, '--jobs', '0'], "'0' is no whole number above 0", '--help'],
    ['a size without sense', ['plan', URL, URL, '--part-size', '1 apple'], "'1 apple' is no size", '--help'],
    ['half a role', ['migrate', URL, URL, '--role-map', 'old='], "'old=' is not of the form old=new", '--help'],
    ['an unknown mode', ['migrate', URL, URL, '--verify', 'some'], "'some' is none of full, counts, none", '--help'],
    ['an option of another command', ['verify', URL, URL, '--create'], "Unknown option '--create'.", '--help'],
    ['a report of no known form', ['migrate', URL, URL, '--report', 'a.pdf'], 'a.pdf is none of these', 'endings'],
    ['an unknown parameter', ['status', 'host=h bogus=1'], 'There is no connection parameter "bogus".', 'libpq'],
  ])('%s is one sentence, a hint and exit code 2', async (_, args, message, hint) => {
    const { code, stdout, stderr } = await runCli(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    const [first, second, third, ...rest] = stderr.split('\n')
    expect(first).toContain(`error  `)
    expect(first).toContain(message)
    expect(second).toMatch(/^hint {3}/u)
    expect(second).toContain(hint)
    expect(third).toMatch(/^code {3}[a-z]+\.[a-z-]+ \(exit 2\)$/u)
    expect(rest).toEqual([''])
  })

  test('is one line of JSON with --json', async () => {
    const { code, stderr, lines } = await runCli(['migrate', URL, URL, '--jbos', '3', '--json'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    expect(lines()).toEqual([
      expect.objectContaining({ type: 'error', code: 'usage.option', party: 'usage', exitCode: 2 }),
    ])
  })

  test('in the name of the report is found before anything is connected to', async () => {
    const { code, stderr } = await runCli(['migrate', URL, URL, '--report', '/nonexistent/report.html'])
    expect(code).toBe(2)
    expect(stderr).toContain('report.write')
  })

  test('does not touch a report that is there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pgleap-cli-'))
    try {
      const file = join(folder, 'report.json')
      await writeFile(file, 'precious')
      expect((await runCli(['migrate', URL, URL, '--report', file])).code).toBe(3)
      expect(await readFile(file, 'utf8')).toBe('precious')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('a source that nobody answers at', () => {
  test('is the source`s fault: exit code 3, one sentence and a hint', async () => {
    const { code, stderr } = await runCli(['plan', URL, URL])
    expect(code).toBe(3)
    expect(stderr).toContain('Nothing listens at the address of the source (127.0.0.1:1).')
    expect(stderr).toContain('connect.refused (exit 3)')
    expect(stderr).not.toMatch(/^\s+at /mu)
  })
})
