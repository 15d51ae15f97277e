import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const COMMANDS = [
  'check',
  'rehearse',
  'plan',
  'migrate',
  'resume',
  'dump',
  'restore',
  'list',
  'convert',
  'roles',
  'status',
  'verify',
] as const

describe('help', () => {
  test('fits a screen and leads to the next step', async () => {
    const { code, stdout } = await runCli(['--help'])
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(24)
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: pgleap [options] [command]

      Moves a PostgreSQL database to a newer server, and proves that nothing was lost.

      Commands:
        check <source> [target]     find what stands in the way; changes nothing
        rehearse <source> [target]  try the schema on a scratch database
        plan <source> <target>      show what a migration would do; changes nothing
        migrate <source> <target>   copy a database and compare the copy
        resume <target>             go on with a run that broke or that had failures
        online <step> ...           move while the application writes, and back
        dump <source> <to>          write a database to files, with proof beside it
        restore <from> <target>     fill a database from files; pg_dump’s too
        list <archive>              print what an archive holds
        convert <archive> <to>      turn an archive into another format
        roles <source> [target]     compare two servers' roles, or bring them over
        status <target>             show how far a running or broken run is
        verify <source> <target>    compare two databases, and change neither

      Start here; it changes nothing:
        pgleap check postgres://old/app postgres://new/app

      Connections are URIs or key=value strings, as psql takes them; passwords are
      best kept in ~/.pgpass. \`pgleap COMMAND --help\` and the README tell more.
      "
    `)
  })

  test.each(COMMANDS)('of %s is no wider than a screen, and has an example', async (command) => {
    const { code, stdout } = await runCli([command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`Examples?:\n {2}pgleap ${command} `, 'u'))
    const tooWide = stdout.split('\n').filter((line) => line.length > 80)
    expect(tooWide).toEqual([])
    expect(stdout).toMatchSnapshot()
  })

  test('without a command goes to stderr and is a mistake', async () => {
    const { code, stdout, stderr } = await runCli([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Usage: pgleap')
  })

  test('and the README name the same options', async () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
    const helps = await Promise.all(COMMANDS.map((command) => runCli([command, '--help'])))
    const options = new Set(helps.flatMap(({ stdout }) => stdout.match(/(?<= )--[a-z-]+/gu) ?? []))
    options.delete('--help')
    expect([...options].filter((option) => !readme.includes(`\`${option}`))).toEqual([])
  })

  test('prints the version of the package', async () => {
    const { code, stdout } = await runCli(['--version'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/u)
  })
})
