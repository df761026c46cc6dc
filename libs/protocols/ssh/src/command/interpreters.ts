import { programName } from './program-name.js';

const shells = `sh bash rbash dash ash zsh rzsh ksh mksh lksh pdksh rksh oksh csh tcsh fish elvish nu xonsh rc es yash posh
  sash pwsh powershell busybox toybox git-shell scponly rssh lshell osh ysh`;
const languages = `python pythonw ipython bpython pypy jython micropython perl raku rakudo ruby irb jruby mruby php php-cgi
  phpdbg lua luajit texlua node nodejs deno bun ts-node tsx groovysh jshell scala clojure bb erl iex elixir ghci runghc
  ocaml guile racket sbcl clisp scheme r rscript julia octave tclsh jimsh wish expect awk gawk mawk nawk bwk m4 dc gdb lldb
  gnuplot bpftrace stap dtrace mlr`;
/** Each has a command that starts a shell. */
const consoles = `psql mysql mariadb sqlite sqlite3 mongo mongosh redis-cli valkey-cli smbclient sqlplus isql tsql usql cqlsh
  clickhouse-client influx ftp lftp tftp sftp telnet vtysh`;
const screens = `vi vim view nvim rvim rview vimdiff vimtutor ex ed red emacs emacsclient xemacs nano rnano pico joe jed mg
  micro mcedit mc ne vile less more most pg man info zless zmore
  bzless xzless lzless zstdless editor pager sensible-editor sensible-pager select-editor sudoedit visudo vipw vigr lynx links elinks w3m mutt mail mailx screen tmux byobu zellij dtach
  abduco top htop ranger nnn vifm`;
const logins = `su login newgrp sg runuser ssh slogin rsh rlogin mosh dbclient plink sulogin machinectl`;
const collectors = `xargs parallel at batch crontab entr script`;

/** Programs that run what they read, or that let whoever types do so. */
export const interpreters: ReadonlySet<string> = new Set(
  [shells, languages, consoles, screens, logins, collectors].flatMap((names) => names.split(/\s+/).map(programName)),
);
