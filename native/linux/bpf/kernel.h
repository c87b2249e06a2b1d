/* What our BPF programs need of the kernel, and nothing else.
 *
 * Each struct names only the members we read. `preserve_access_index` makes clang write down every
 * access by name, and core.ts replaces the offset by the one of the running kernel when it loads
 * the program; so the order and the gaps here mean nothing, only names and types do. A name behind
 * three underscores is a flavour: `sock___x` stands for the kernel's `sock`, too.
 *
 * Sources: include/linux/{sched,pid,ns_common,cred,fs,net,tcp,binfmts}.h, include/net/sock.h,
 * include/uapi/linux/bpf.h (the helpers and their numbers).
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_MPTCP 262

/* What can be asked about a member: enum bpf_core_relo_kind of include/uapi/linux/bpf.h. */
#define FIELD_BYTE_OFFSET 0
#define FIELD_EXISTS 2
#define FIELD_LSHIFT_U64 4
#define FIELD_RSHIFT_U64 5

/* The loader fills in the answer of the running kernel. */
#define FIELD_INFO(member, question) __builtin_preserve_field_info(member, question)
#define HAS_FIELD(member) FIELD_INFO(member, FIELD_EXISTS)

/* Helpers: the number is all the kernel looks at. In brackets, the first kernel that has them. */
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value,
					 u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*const bpf_get_socket_cookie)(void *context) = (void *)46; /* in tracing: 5.12 */
static long (*const bpf_probe_read_kernel)(void *destination, u32 size,
					   const void *source) = (void *)113;
static long (*const bpf_probe_read_kernel_str)(void *destination, u32 size,
					       const void *source) = (void *)115;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158; /* 5.11 */
static u64 (*const bpf_ktime_get_boot_ns)(void) = (void *)125; /* 5.8 */
static void *(*const bpf_ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131; /* 5.8 */
static void (*const bpf_ringbuf_submit)(void *data, u64 flags) = (void *)132;
struct tcp_sock;
static struct tcp_sock *(*const bpf_skc_to_tcp_sock)(void *socket) = (void *)137; /* 5.9 */
struct seq_file;
struct task_struct;
static long (*const bpf_seq_write)(struct seq_file *file, const void *data,
				   u32 length) = (void *)127; /* 5.8 */
struct file;
struct socket;
static struct socket *(*const bpf_sock_from_file)(struct file *file) = (void *)162; /* 5.11 */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	u32 inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct upid {
	s32 nr;
	struct pid_namespace *ns;
};

/* One process in all the pid namespaces it lives in: its number at each level, the outermost 0. */
struct pid {
	u32 level;
	struct upid numbers[1];
};

struct signal_struct {
	struct {
		s32 counter;
	} live;
	struct pid *pids[4];
};

struct cred {
	struct {
		u32 val;
	} euid;
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	u32 flags;
	s32 pid;
	s32 tgid;
	u64 start_boottime;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct signal_struct *signal;
	const struct cred *cred;
	struct nsproxy *nsproxy;
	char comm[16];
};

/* The name of start_boottime before 5.5; kernels with backported BPF may still have it. */
struct task_struct___before_5_5 {
	u64 real_start_time;
};

struct in6_addr {
	u8 bytes[16];
};

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u16 skc_dport;
	u16 skc_num;
	u16 skc_family;
	volatile u8 skc_state;
	u8 skc_reuse : 4;
	u8 skc_reuseport : 1;
	u8 skc_ipv6only : 1;
	s32 skc_bound_dev_if;
	unsigned long skc_flags;
	struct {
		struct net *net;
	} skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock_common___with_cookie {
	u64 skc_cookie;
};

struct sock {
	struct sock_common __sk_common;
	int sk_err;
	u16 sk_protocol; /* a bit field before 5.6 */
};

struct inet_sock { /* include/net/inet_sock.h */
	u16 inet_sport;
};

struct tcp_sock {
	u8 is_mptcp; /* made by the kernel below an MPTCP socket */
};

struct socket {
	struct sock *sk;
};

struct socket___with_file { /* include/linux/net.h */
	struct file *file;
};

struct inode {
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
};

struct linux_binprm {
	const char *filename;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#pragma clang attribute pop
