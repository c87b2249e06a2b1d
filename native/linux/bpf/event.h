/* What every program of events.bpf.c works with: the records, the maps that they go to, and how an
 * event begins. event-record.ts reads the records, and a test holds the two together.
 */
#pragma once
#include "map.h"
#include "process.h"
#include "socket.h"

enum kind {
	KIND_STATE = 1,    /* a TCP socket goes from one state to another */
	KIND_RECEIVED = 2, /* an accepted TCP socket is read for the first time */
	KIND_CREATED = 3,  /* a UDP socket is made; it has no port yet */
	KIND_BOUND = 4,    /* a TCP or UDP socket gets the port it asked for */
	KIND_SENT = 5,     /* a UDP socket sends for the first time; by now it has a port */
	KIND_RELEASED = 6, /* the last descriptor of a UDP socket, or of a bound TCP one, is closed */
	KIND_FORKED = 7,
	KIND_EXECUTED = 8,
	KIND_EXITED = 9,
	KIND_COUNT = 10,
};

/* How every event begins: when, and which process. That is the current one (after a fork, the
 * child), which is not always the socket's own: see the attribution rules of the reader. */
struct event {
	u64 time;    /* ns since boot, suspend included */
	u64 started; /* when the process started, likewise */
	u32 kind;
	u32 pid; /* in the reader's pid namespace; 0 where it can't be seen from there */
	u32 global_pid;
	u32 thread; /* global, too */
	u32 uid;
	u32 is_kernel_thread;
	char name[16]; /* of the process, not of the thread; cut to 15 letters */
};

struct socket_event {
	struct event event;
	u64 cookie;
	u8 old_state; /* include/net/tcp_states.h */
	u8 new_state;
	u8 got_fin;  /* the other end has said that it sends nothing more */
	u8 failed;   /* reset by the other end, timed out: not closed by its own process */
	u8 orphaned; /* no process has it open any more */
	u8 unused[3];
	struct socket_ends ends;
};

struct fork_event {
	struct event event;
	u32 parent; /* its pid in the reader's pid namespace */
	u32 unused;
};

struct execute_event {
	struct event event;
	u32 parent;
	u32 path_length; /* 256 and more: the path is longer than what is here */
	char path[256];  /* as it was given to execve(2): it may be relative, or a script */
};

/* Never set: makes clang write down the layouts, for the test that compares them. */
const struct socket_event *socket_layout;
const struct fork_event *fork_layout;
const struct execute_event *execute_layout;

struct {
	MAP_NUMBER(type, MAP_TYPE_RINGBUF);
	MAP_NUMBER(max_entries, 16 << 20); /* bytes; a load option */
} ring SEC(".maps");

/* How many events of each kind found no place in the ring. */
struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, KIND_COUNT);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} lost SEC(".maps");

/* What state_changed has told on this processor and state_nested has not seen yet: mostly nothing
 * or one, more where one interrupts the other. */
#define MOST_TOLD 4

struct told {
	volatile u32 count;
	volatile u64 changes[MOST_TOLD];
};

struct {
	MAP_NUMBER(type, MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct told);
} told_here SEC(".maps");

/* How many events state_nested told in the place of state_changed. */
struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} nested SEC(".maps");

INLINE u64 change_of(u64 cookie, u8 new_state)
{
	return cookie << 8 | new_state;
}

/* What was left there is forgotten when there is no more room. */
INLINE void remember_told(u64 change)
{
	u32 only = 0, count;
	struct told *told = bpf_map_lookup_elem(&told_here, &only);

	if (!told)
		return;
	count = told->count % MOST_TOLD;
	told->changes[count] = change;
	told->count = count + 1;
}

/* Forgets it, and what came after it. */
INLINE int was_told(u64 change)
{
	u32 only = 0;
	struct told *told = bpf_map_lookup_elem(&told_here, &only);
	int place;

	if (!told)
		return 0;
#pragma unroll
	for (place = MOST_TOLD - 1; place >= 0; place--) {
		if ((u32)place < told->count && told->changes[place] == change) {
			told->count = place;
			return 1;
		}
	}
	return 0;
}

INLINE void count_nested(void)
{
	u32 only = 0;
	u64 *count = bpf_map_lookup_elem(&nested, &only);

	if (count)
		__sync_fetch_and_add(count, 1);
}

/* The cookies of sockets whose first receive (TCP) or first send (UDP) is still of interest. The
 * programs that see every packet leave at once for all others. When it is full it forgets the
 * oldest, which then miss that one event. */
struct {
	MAP_NUMBER(type, MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 16384);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, u8);
} unsettled SEC(".maps");

INLINE void settle(u64 cookie)
{
	bpf_map_delete_elem(&unsettled, &cookie);
}

INLINE void unsettle(u64 cookie)
{
	u8 present = 1;

	bpf_map_update_elem(&unsettled, &cookie, &present, 0);
}

INLINE int is_unsettled(u64 cookie)
{
	return bpf_map_lookup_elem(&unsettled, &cookie) != 0;
}

INLINE void *reserve(u32 kind, u64 size)
{
	void *place = bpf_ringbuf_reserve(&ring, size, 0);
	u64 *count;

	if (place)
		return place;
	count = bpf_map_lookup_elem(&lost, &kind);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

INLINE void begin(struct event *event, u32 kind, struct task_struct *task, u64 time)
{
	event->time = time;
	event->started = process_started(task);
	event->kind = kind;
	event->pid = reader_pid(task);
	event->global_pid = task->tgid;
	event->thread = task->pid;
	event->uid = task->cred->euid.val;
	event->is_kernel_thread = (task->flags & PF_KTHREAD) != 0;
	__builtin_memcpy(event->name, task->group_leader->comm, sizeof(event->name));
}
