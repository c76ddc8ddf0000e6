/**
 * Images without Docker: each stage of a Dockerfile is a layer over this machine's own files, its steps are run in there,
 * and what runs in a container runs in there as well, as the image's user, with processes and a network of its own.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assignments, type Instruction, readDockerfile, type Stage } from './dockerfile.ts';

/** Why images cannot be made here, or false. */
export function cannotMakeImages(): string | false {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'file systems are mounted by root on Linux';
  const tried = spawnSync('unshare', ['-m', '-n', '-p', '-f', 'true']);
  return tried.status === 0 ? false : 'there are no namespaces to be had';
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export interface Image {
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
  readonly user: string;
  readonly workdir: string;
  /** Shell lines that mount the image's files at a directory, with a layer of a container's own on top. */
  mount(at: string, layer: string): string;
}

/** A stage as it is built: its own layer, and those under it. */
class Layers {
  readonly own: string;
  readonly #below: readonly string[];
  readonly environment: Record<string, string> = {};
  workdir = '/';
  user = '0';

  constructor(directory: string, below: Layers | null) {
    this.own = join(directory, 'files');
    this.#below = below === null ? [] : [below.own, ...below.#below];
    if (below !== null) Object.assign(this.environment, below.environment);
    if (below !== null) this.workdir = below.workdir;
    mkdirSync(this.own, { recursive: true });
  }

  mount(at: string, layer: string, isOnTop: boolean): string {
    const lower = [...(isOnTop ? [this.own] : []), ...this.#below, '/'].join(':');
    const upper = isOnTop ? join(layer, 'files') : this.own;
    const [work, options] = [join(layer, 'work'), `lowerdir=${lower},upperdir=${upper}`];
    return `mkdir -p ${at} ${upper} ${work} && mount -t overlay overlay -o ${options},workdir=${work} ${at}`;
  }
}

/** Package managers are not asked: what the image needs of them, this machine has. */
const NO_PACKAGES = '#!/bin/sh\nexit 0\n';

class Builder {
  readonly #context: string;
  readonly #directory: string;
  readonly #stages = new Map<string, Layers>();

  constructor(context: string, directory: string) {
    this.#context = context;
    this.#directory = directory;
  }

  #run(script: string): void {
    const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-ec', script], { encoding: 'utf8' });
    assert.equal(status, 0, `${script}\n${stdout}\n${stderr}`);
  }

  /** An image that is to be pulled: this machine's files, with Node where the image has it. */
  #base(from: string): Layers {
    const layers = new Layers(join(this.#directory, `base-${from.replace(/\W/g, '-')}`), null);
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(layers.own, path)), { recursive: true });
      writeFileSync(join(layers.own, path), text, { mode: 0o755 });
    };
    write('/usr/local/sbin/apt-get', NO_PACKAGES);
    write('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n');
    write('/etc/shadow', 'root:*:1::::::\n');
    write('/etc/group', 'root:x:0:\n');
    if (!from.startsWith('node:')) write('/usr/local/bin/node', '');
    else {
      mkdirSync(join(layers.own, 'usr/local/bin'), { recursive: true });
      copyFileSync(process.execPath, join(layers.own, 'usr/local/bin/node'));
      chmodSync(join(layers.own, 'usr/local/bin/node'), 0o755);
    }
    return layers;
  }

  #copy(stage: Layers, { flags, rest }: Instruction): void {
    const words = rest.split(/\s+/);
    const to = words.pop() ?? '';
    const target = join(stage.own, to.startsWith('/') ? to : join(stage.workdir, to));
    const from = flags['from'];
    const scratch = join(this.#directory, 'from');
    const source = from === undefined ? this.#context : scratch;
    const layers = from === undefined ? undefined : this.#stages.get(from);
    assert(from === undefined || layers !== undefined, `there is a stage ${from}`);
    const mount = layers?.mount(scratch, join(this.#directory, 'from-layer'), true) ?? 'true';
    const isFolder = to.endsWith('/') || words.length > 1 || to === './';
    const copies = words.map((word) => {
      const path = join(source, word);
      // What a folder has is copied, not the folder.
      return `if [ -d ${path} ]; then mkdir -p ${target} && cp -a ${path}/. ${target}/; else mkdir -p ${
        isFolder ? target : dirname(target)
      } && cp -a ${path} ${target}; fi`;
    });
    const owner = flags['chown'] === undefined ? '' : `\nchown -R ${flags['chown']} ${target}`;
    this.#run(`${mount}\n${copies.join('\n')}${owner}`);
  }

  #command(stage: Layers, command: string): void {
    const at = join(this.#directory, 'root');
    const variables = Object.entries(stage.environment).map(([name, value]) => `${name}=${quoted(value)}`);
    // A machine may reach registries by variables of its own.
    const inside = `cd ${stage.workdir} && ${command}`;
    this.#run(
      [
        stage.mount(at, join(this.#directory, 'run'), false),
        `mount -t proc proc ${at}/proc`,
        `mount --rbind /dev ${at}/dev`,
        `exec env -u NODE_OPTIONS npm_config_prefer_offline=true PATH=${PATH} ${variables.join(' ')} ` +
          `chroot ${at} sh -c ${quoted(inside)}`,
      ].join('\n'),
    );
  }

  #step(stage: Layers, instruction: Instruction): void {
    const { word, rest } = instruction;
    if (word === 'WORKDIR') stage.workdir = rest;
    else if (word === 'ENV') Object.assign(stage.environment, assignments(rest));
    else if (word === 'COPY') this.#copy(stage, instruction);
    else if (word === 'RUN') this.#command(stage, rest);
    else if (word === 'USER') stage.user = rest;
    if (word === 'WORKDIR') mkdirSync(join(stage.own, rest), { recursive: true });
  }

  build({ name, from, instructions }: Stage): Layers {
    const below = this.#stages.get(from) ?? this.#base(from);
    const layers = new Layers(join(this.#directory, `stage-${name}`), below);
    this.#stages.set(name, layers);
    for (const instruction of instructions) this.#step(layers, instruction);
    return layers;
  }
}

const list = (text: string | undefined): string[] => JSON.parse(text ?? '[]') as string[];

/** Carries out a Dockerfile. @throws AssertionError with what a step printed */
export function buildImage(dockerfile: string, context: string, directory: string): Image {
  const stages = readDockerfile(readFileSync(dockerfile, 'utf8'));
  const builder = new Builder(context, directory);
  const built = stages.map((stage) => builder.build(stage));
  const last = built.at(-1);
  assert(last !== undefined);
  const of = (word: string) => stages.at(-1)?.instructions.findLast((one) => one.word === word)?.rest;
  return {
    environment: last.environment,
    entrypoint: list(of('ENTRYPOINT')),
    healthcheck: list(of('HEALTHCHECK')?.replace(/^CMD /, '')),
    user: last.user,
    workdir: last.workdir,
    mount: (at, layer) => last.mount(at, layer, true),
  };
}

export interface ContainerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  /** In place of the image's. */
  readonly entrypoint?: readonly string[];
  readonly user?: string;
  /** Shell lines that are run first, with $ROOT for the container's files: mounts. */
  readonly before?: string;
}

/** What runs in an image. */
export class Container {
  readonly #image: Image;
  readonly #root: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  log = '';
  #hasEnded = false;
  #onLog: () => void = () => undefined;

  constructor(image: Image, directory: string, options: ContainerOptions = {}) {
    this.#image = image;
    this.#root = join(directory, 'root');
    const lines = [
      image.mount(this.#root, directory),
      `mount -t proc proc ${this.#root}/proc`,
      `mount --rbind /dev ${this.#root}/dev`,
      'ip link set lo up',
      (options.before ?? 'true').replaceAll('$ROOT', this.#root),
      this.#inside([...(options.entrypoint ?? image.entrypoint), ...(options.command ?? [])], options),
    ];
    this.#process = spawn('unshare', ['-m', '-n', '-p', '-f', '--kill-child', 'sh', '-ec', lines.join('\n')]);
    const note = (chunk: Buffer): void => {
      this.log += chunk.toString();
      this.#onLog();
    };
    this.#process.stdout?.on('data', note);
    this.#process.stderr?.on('data', note);
    this.#ended = new Promise((resolve) => {
      this.#process.on('close', (code) => {
        this.#hasEnded = true;
        resolve(code);
        this.#onLog();
      });
    });
  }

  #inside(command: readonly string[], { environment = {}, user = this.#image.user }: ContainerOptions): string {
    const variables = Object.entries({ PATH, HOME: this.#image.workdir, ...this.#image.environment, ...environment });
    const [uid, gid = '0'] = user.split(':');
    const inner = `cd ${this.#image.workdir} && exec ${command.map(quoted).join(' ')}`;
    const given = variables.map(([name, value]) => quoted(`${name}=${value}`)).join(' ');
    return `exec env -i ${given} chroot --userspec=${uid}:${gid} --groups= ${this.#root} sh -c ${quoted(inner)}`;
  }

  /** Its first process, as this machine numbers it. */
  get #pid(): number {
    const path = `/proc/${this.#process.pid}/task/${this.#process.pid}/children`;
    return Number(readFileSync(path, 'utf8').trim());
  }

  /** Waits until its files are there: the container is running. */
  async ready(): Promise<void> {
    while (!this.#hasEnded && !this.#isInRoot()) await new Promise((resolve) => setImmediate(resolve));
  }

  #isInRoot(): boolean {
    try {
      return readlinkSync(`/proc/${this.#pid}/root`) !== '/';
    } catch {
      return false;
    }
  }

  /** Waits for what tools wait for in a log. */
  async logged(pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#onLog = () => {
        if (pattern.test(this.log)) resolve();
        else if (this.#hasEnded) reject(new Error(`ended without ${pattern}:\n${this.log}`));
      };
      this.#onLog();
    });
  }

  /** Runs another program in it, as `docker exec` does; gives its output. @throws Error when it fails */
  exec(...command: readonly string[]): string {
    const inner = `exec env -i ${Object.entries({ PATH, ...this.#image.environment })
      .map(([name, value]) => quoted(`${name}=${value}`))
      .join(' ')} chroot --userspec=${this.#image.user}:0 --groups= ${this.#root} ${command.map(quoted).join(' ')}`;
    return execFileSync('nsenter', ['-t', String(this.#pid), '-m', '-n', '-p', 'sh', '-c', inner], {
      encoding: 'utf8',
    });
  }

  /** Runs a program of this machine on its network. */
  onItsNetwork(program: string, ...args: readonly string[]): string {
    return execFileSync('nsenter', ['-t', String(this.#pid), '-n', program, ...args], { encoding: 'utf8' });
  }

  /** Puts a file into it, as `docker cp` does: as root, and all at once. */
  copyIn(path: string, text: string, mode: number): void {
    const place = join(`/proc/${this.#pid}/root`, path);
    writeFileSync(`${place}.part`, text, { mode });
    chmodSync(`${place}.part`, mode);
    execFileSync('mv', [`${place}.part`, place]);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.#pid, signal);
  }

  /** Its exit code, once it has ended. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  async remove(): Promise<void> {
    if (this.#hasEnded) return;
    // Who becomes another user is not ended with the one who started it.
    this.signal('SIGKILL');
    await this.#ended;
  }
}
