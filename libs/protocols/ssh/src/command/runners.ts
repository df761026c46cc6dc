import { anyColon, anySlash, firstIsNot, hasLong, hasShort, hasWord, type ArgumentRule } from './argument-rules.js';
import { plainSed } from './plain-sed.js';
import { programName } from './program-name.js';

const wrappers = `env sudo doas pkexec gosu su-exec setpriv setsid setarch linux32 linux64 i386 x86_64 nohup nice ionice chrt taskset
  stdbuf unbuffer timeout time watch flock chroot fakeroot fakechroot proot bwrap firejail nsenter unshare capsh systemd-run
  systemd-inhibit systemd-nspawn cpulimit prlimit numactl cgexec daemonize daemon start-stop-daemon run-parts rlwrap socat
  strace ltrace gdbserver valgrind perf catchsegv ld ld.so multitime torify torsocks proxychains ssh-agent sshpass
  sshfs ssh-copy-id mosh-server pdsh clush dsh dbus-run-session dbus-launch logrotate ldd modprobe insmod openvpn wg-quick ifup ifdown dhclient pppd xvfb-run keychain apply chpst softlimit setuidgid envdir svc run0 choom hyperfine
  logsave eatmydata aa-exec runcon caffeinate launchctl osascript open xdg-open`;
const builders = `make gmake bmake cmake ninja meson scons bazel ant mvn gradle sbt rake just java javac go cargo rustc gcc cc
  c++ g++ clang clang++ tcc cpp as npm npx pnpm yarn pip pipx easy_install uv uvx poetry gem bundle composer cpan nix
  nix-shell nix-env guix yum dnf microdnf zypper apk pacman snap flatpak brew ansible ansible-playbook ansible-console ansible-pull docker-compose puppet
  chef-client salt salt-call salt-ssh terraform packer vagrant lxc lxc-attach lxc-execute incus virsh multipass ctr runc crun
  buildah msfconsole pdflatex latex tex xelatex lualatex ghostscript gs gimp groff convert mogrify magick nmap tshark`;
/** Builtins of shells whose arguments are code. */
const builtins = `eval exec . source builtin alias trap fc bind enable compgen complete compopt jobs mapfile readarray sched
  emulate autoload zmodload zcompile zargs hash functions bg fg suspend disown`;

/** Programs that run another, named in their arguments or in files that they point to. */
export const runners: ReadonlySet<string> = new Set(
  [wrappers, builders, builtins].flatMap((names) => names.split(/\s+/).map(programName)),
);

const container = `ps images logs inspect version info stats pull stop start restart kill rm rmi port events tag`;
const cluster = `get describe logs top version api-resources api-versions cluster-info scale rollout cordon uncordon drain delete
  label annotate wait auth`;
const repository = `status log diff show rev-parse branch tag describe ls-files ls-tree cat-file blame shortlog add commit reset
  checkout switch restore stash remote`;
const gitOptions = ['ext-diff', 'textconv', 'paginate', 'exec', 'upload-pack', 'receive-pack', 'open-files-in-pager'];

const rules: Readonly<Record<string, ArgumentRule>> = {
  find: hasWord('-exec', '-execdir', '-ok', '-okdir'),
  fd: (args) => hasShort('xX')(args) || hasLong('exec', 'exec-batch')(args),
  fdfind: (args) => hasShort('xX')(args) || hasLong('exec', 'exec-batch')(args),
  rg: hasLong('pre', 'hostname-bin'),
  tar,
  gtar: tar,
  bsdtar: tar,
  cpio: (args) => hasLong('rsh-command')(args) || anyColon(args),
  rsync: (args) => hasShort('e')(args) || hasLong('rsh', 'rsync-path', 'daemon')(args) || anyColon(args),
  scp: () => true,
  git: (args) => firstIsNot(repository)(args) || hasLong(...gitOptions)(args),
  svn: hasLong('diff-cmd', 'editor-cmd', 'config-option', 'config-dir', 'diff3-cmd'),
  hg: () => true,
  sort: hasLong('compress-program'),
  split: hasLong('filter'),
  zip: (args) => hasShort('T')(args) || hasLong('unzip-command', 'test')(args),
  wget: (args) => hasShort('e')(args) || hasLong('execute', 'use-askpass', 'config')(args),
  tcpdump: hasShort('z'),
  dpkg: (args) => hasShort('irPA')(args) || hasLong('install', 'configure', 'unpack', 'pre-invoke')(args),
  rpm: (args) =>
    hasShort('iUFEDe')(args) || hasLong('pipe', 'eval', 'define', 'install', 'upgrade', 'load', 'root')(args),
  apt: packages,
  'apt-get': packages,
  systemctl: (args) =>
    hasWord('edit', 'link', 'set-environment', 'import-environment')(args) || remote(args) || anySlash(args),
  journalctl: remote,
  ip: (args) => args.some((arg) => /^(?:-b|-ba.*|--?batch|net|netn|netns|v|vr|vrf)$/.test(arg)),
  iptables: hasLong('modprobe'),
  ip6tables: hasLong('modprobe'),
  aria2c: (args) => args.some((arg) => arg.startsWith('--on-')) || hasLong('conf-path')(args),
  gpg: hasLong('photo-viewer', 'agent-program', 'dirmngr-program', 'homedir', 'options', 'exec-path'),
  helm: firstIsNot('list ls status history get search version'),
  nc: (args) => hasShort('ec')(args) || hasLong('exec', 'sh-exec', 'lua-exec')(args),
  ncat: (args) => hasShort('ec')(args) || hasLong('exec', 'sh-exec', 'lua-exec')(args),
  netcat: (args) => hasShort('ec')(args),
  openssl: (args) => args.some((arg) => /^-(?:engine|provider|config|keyform)/.test(arg)),
  'ssh-keygen': hasShort('Dw'),
  docker: firstIsNot(container),
  podman: firstIsNot(container),
  nerdctl: firstIsNot(container),
  crictl: firstIsNot(container),
  kubectl: (args) => firstIsNot(cluster)(args) || hasLong('kubeconfig')(args),
  oc: (args) => firstIsNot(cluster)(args) || hasLong('kubeconfig')(args),
  sed: (args) => !plainSed(args),
  gsed: (args) => !plainSed(args),
  command: (args) => !(args.length === 2 && /^-[vV]$/.test(args[0]!)),
  dmesg: hasShort('H'),
};

/** Programs that run others when they are told so in this way. */
export const runnersByArgument: ReadonlyMap<string, ArgumentRule> = new Map(
  Object.entries(rules).map(([name, rule]) => [programName(name), rule]),
);

/** Builtins that compute: bash, ksh and zsh run `a[$(rm x)]` where they expect a number or the name of a variable. */
export const computingBuiltins: ReadonlySet<string> = new Set(
  `test [ printf print read unset let integer float nameref wait exit return shift break continue logout bye ulimit umask
  getopts vared zstyle zparseopts`.split(/\s+/),
);

/** On a terminal they show what they print by a pager, and that starts a shell when it is asked to. */
export const pagers: ReadonlySet<string> = new Set(
  `git systemctl journalctl loginctl timedatectl hostnamectl localectl coredumpctl networkctl resolvectl busctl bootctl
  portablectl homectl aws gh glab bat batcat delta dmesg svn apt nmcli`.split(/\s+/),
);

function tar(args: readonly string[]): boolean {
  const commands = ['checkpoint-action', 'to-command', 'use-compress-program', 'info-script', 'new-volume-script'];
  // The first word may be a bundle of options without a dash.
  const bundled = /^[A-Za-z]*[IF]/.test(args[0] ?? '');
  return bundled || hasShort('IF')(args) || hasLong(...commands, 'rsh-command', 'rmt-command')(args) || anyColon(args);
}

function packages(args: readonly string[]): boolean {
  return hasShort('oc')(args) || hasLong('option', 'config-file')(args) || anySlash(args);
}

function remote(args: readonly string[]): boolean {
  return hasShort('HM')(args) || hasLong('host', 'machine')(args);
}
