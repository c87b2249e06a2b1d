/* The same as table.bpf.c, twice as fast: the program looks by itself through the table of files of each
 * process, where the kernel's iterator takes hold of every file and lets it go again.
 *
 * What is read without taking hold of it may end meanwhile, and be something else by then. So of a file
 * is asked afterwards whether the process still has it in that place, and of a process whether it still
 * has that table.
 *
 * Only for a reader in the initial pid namespace. Needs 6.4 (bpf_iter_num_new).
 */
#include "cast.h"
#include "met.h"
#include "name.h"
#include "process.h"
#include "socket-record.h"

SEC("license") char LICENSE[] = "GPL"; /* the kernel gives these helpers to GPL programs only */

#define RECORDS 8192 /* in two halves: one is filled while the reader looks at the other */
#define HALF (RECORDS / 2)
#define PIECE 512	/* files that are looked at together */
#define MOST_PIECES 64	/* in one call, in which the processor does nothing else */

#define TYPE_BITS 0170000 /* of a file: include/uapi/linux/stat.h */
#define SOCKET_TYPE 0140000
#define SOCKFS_MAGIC 0x534f434b /* include/uapi/linux/magic.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct fdtable { /* include/linux/fdtable.h */
	u32 max_fds;
	void *fd; /* a pointer to each file */
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct___with_files {
	struct files_struct *volatile files;
};

struct super_block {
	unsigned long s_magic;
};

struct inode___of_socket {
	u16 i_mode;
	struct super_block *i_sb;
};

struct file___of_socket {
	const void *f_op;
	void *private_data;
	struct inode___of_socket *f_inode;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* How far the walk is. The reader sets all to zero to begin. When a read() says EAGAIN it takes the
 * records of this half, and sets the half and `records` for the next one. */
struct file_progress {
	u32 pid; /* of the process that is not done yet; 0 for none */
	u32 fd;	 /* its next file */
	u32 half;
	u32 records;
	u32 nameless; /* how many of all told have no cookie */
	u32 walk;     /* set by the reader: of so many walks at once, which share the processes among them */
	u32 walks;
	u32 inodes;   /* set by the reader where it wants the number of each, not of MPTCP sockets only */
	u64 operations; /* what the files of sockets have as f_op, once it is known */
};

/* Never set: makes clang write down the layouts, for the test that compares them. */
const struct socket_record *layout;
const struct file_progress *progress_layout;

struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct file_progress);
} progresses SEC(".maps");

struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, RECORDS);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct socket_record);
} records SEC(".maps");

/* What the walk works with. It is in a map so that the verifier, which follows what it knows of each
 * number from branch to branch, knows nothing: else it would look at all this many times. And it takes
 * half a millisecond for each member of a task that it meets. */
struct work {
	u64 started; /* the process */
	u32 pid;
	u32 uid;
	u64 place; /* where the kernel keeps its table of files */
	u64 then;  /* the table that was there */
	u64 table; /* where that has the pointers to files */
	u64 count;
	u32 is_over; /* it has no more */
	u32 fd;	     /* one of its files */
	u64 file;    /* the pointer that was there */
	u64 piece[PIECE];
};

struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY); /* only one reads at a time */
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct work);
} works SEC(".maps");

/* The socket behind a file, 0 for all other files. A file that was only opened by its path (O_PATH) is not
 * that of the socket. */
INLINE struct socket *socket_of(struct file_progress *progress, u64 place)
{
	struct file___of_socket *file = CAST(file___of_socket, place);
	struct socket___with_file *socket;

	if (progress->operations && (u64)file->f_op != progress->operations)
		return 0;
	if (!progress->operations && ((file->f_inode->i_mode & TYPE_BITS) != SOCKET_TYPE ||
				      file->f_inode->i_sb->s_magic != SOCKFS_MAGIC))
		return 0;
	socket = CAST(socket___with_file, file->private_data);
	if ((u64)socket->file != place)
		return 0;
	progress->operations = (u64)file->f_op;
	return (struct socket *)socket;
}

/* The process has another table of files, or has ended and has none: then what was one may be another
 * process's by now. */
INLINE int is_another_table(struct work *work)
{
	u64 now = 0;

	bpf_probe_read_kernel(&now, sizeof(now), (void *)work->place);
	return now != work->then;
}

/* Whether the process still has the file that was looked at. */
INLINE int is_still_there(struct work *work)
{
	u64 now = 0;

	ADDRESS(now, ((u64 *)work->table)[work->fd]);
	return now == work->file && !is_another_table(work);
}

INLINE void tell(struct file_progress *progress, struct work *work, struct socket *socket)
{
	struct sock *sk = socket->sk;
	u32 at = progress->half * HALF + progress->records;
	struct socket_record *record = bpf_map_lookup_elem(&records, &at);
	u64 cookie, address = 0;

	if (!record)
		return;
	cookie = ((struct sock_common___with_cookie *)&sk->__sk_common)->skc_cookie;
	if (!cookie)
		ADDRESS(address, socket->sk);
	record->started = work->started;
	record->cookie = name_of(cookie, address);
	record->inode = 0;
	if (progress->inodes || sk->sk_protocol == IPPROTO_MPTCP) /* one more place in memory */
		record->inode = CAST(file, work->file)->f_inode->i_ino;
	record->pid = work->pid;
	record->fd = work->fd;
	record->uid = work->uid;
	record->state = sk->__sk_common.skc_state;
	record->ipv6_only = ipv6_only(sk);
	read_ends(&record->ends, sk);
	if (!is_still_there(work)) {
		work->is_over = is_another_table(work);
		return;
	}
	meet(record->cookie);
	progress->records++;
	progress->nameless += is_nameless(record->cookie);
}

INLINE void look_at(struct file_progress *progress, struct work *work)
{
	struct socket *socket = socket_of(progress, work->file);
	struct sock *sk = socket ? socket->sk : 0;

	/* without a port it is in no table yet, or no more */
	if (sk && is_port_socket(sk) && sk->__sk_common.skc_num)
		tell(progress, work, socket);
}

/* The next files of the process. */
INLINE void walk_piece(struct file_progress *progress, struct work *work)
{
	u64 begun = progress->fd, size = (work->count - begun) * sizeof(u64), at;
	struct bpf_iter_num each;
	int *index;

	if (size > sizeof(work->piece))
		size = sizeof(work->piece);
	if (begun >= work->count ||
	    bpf_probe_read_kernel(work->piece, size, (u64 *)work->table + begun)) {
		work->is_over = 1;
		return;
	}
	bpf_iter_num_new(&each, 0, size / sizeof(u64));
	while ((index = bpf_iter_num_next(&each))) {
		at = (u32)*index;
		asm volatile("" : "+r"(at));
		work->file = work->piece[at & (PIECE - 1)];
		work->fd = begun + at;
		if (work->file)
			look_at(progress, work);
	}
	bpf_iter_num_destroy(&each);
	progress->fd = begun + PIECE;
}

/* From where the walk is in the process to its last file, or until the reader's turn comes. */
INLINE void walk_process(struct file_progress *progress, struct work *work)
{
	struct bpf_iter_num each;

	bpf_iter_num_new(&each, 0, MOST_PIECES);
	while (!work->is_over && bpf_iter_num_next(&each)) {
		if (progress->records > HALF - PIECE)
			break;
		walk_piece(progress, work);
	}
	bpf_iter_num_destroy(&each);
}

INLINE struct files_struct *files_of(struct task_struct *task)
{
	return ((struct task_struct___with_files *)task)->files;
}

SEC("iter/task")
int held(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task, *leader;
	struct file_progress *progress;
	struct files_struct *files;
	struct fdtable *table;
	struct work *work;
	u32 only = 0;

	if (!task)
		return 0; /* the end of the walk */
	progress = bpf_map_lookup_elem(&progresses, &only);
	work = bpf_map_lookup_elem(&works, &only);
	if (!progress || !work || task->tgid % progress->walks != progress->walk)
		return 0;
	work->place = (u64)&((struct task_struct___with_files *)task)->files;
	bpf_probe_read_kernel(&work->then, sizeof(work->then), (void *)work->place);
	files = files_of(task);
	leader = task->group_leader;
	if (!files || (task != leader && files == files_of(leader)))
		return 0; /* most threads have the files of their process */
	if (progress->pid != (u32)task->pid) {
		progress->pid = task->pid;
		progress->fd = 0;
	}
	table = files->fdt;
	work->count = table->max_fds;
	ADDRESS(work->table, table->fd);
	work->started = process_started(task);
	work->pid = task->tgid;
	work->uid = task->cred->euid.val;
	work->is_over = 0;
	walk_process(progress, work);
	if (!work->is_over)
		return 1; /* read() says EAGAIN, and comes to the same process again */
	progress->pid = 0;
	return 0;
}
