/* Which process is it? Its pid as the reader sees it, and when it started. */
#pragma once
#include "kernel.h"

#define PIDTYPE_TGID 1		      /* include/linux/pid_types.h */
#define DEEPEST_PID_NAMESPACE 32      /* MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */
#define INITIAL_PID_NAMESPACE 4026531836u /* PROC_PID_INIT_INO, include/linux/proc_ns.h */

/* The inode number of the reader's pid namespace, set by the loader before the program is loaded:
 * where it is the initial one, the verifier drops the search below as dead code. */
SEC(".rodata") const volatile u32 reader_pid_namespace = INITIAL_PID_NAMESPACE;

/* The task's pid in the reader's pid namespace; 0 where it can't be seen from there. */
INLINE u32 reader_pid(struct task_struct *task)
{
	struct pid *pid;
	struct upid number;
	u32 level, namespace = 0;

	if (reader_pid_namespace == INITIAL_PID_NAMESPACE)
		return task->tgid;
	pid = task->signal->pids[PIDTYPE_TGID];
	for (level = 0; level <= DEEPEST_PID_NAMESPACE && level <= pid->level; level++) {
		/* The verifier follows no pointer at an offset that it does not know: copy instead. */
		bpf_probe_read_kernel(&number, sizeof(number), &pid->numbers[0] + level);
		bpf_probe_read_kernel(&namespace, sizeof(namespace), &number.ns->ns.inum);
		if (namespace == reader_pid_namespace)
			return number.nr;
	}
	return 0;
}

/* When the process (not the thread) started, in nanoseconds since boot, suspend included. */
INLINE u64 process_started(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	struct task_struct___before_5_5 *old = (void *)leader;

	return HAS_FIELD(leader->start_boottime) ? leader->start_boottime : old->real_start_time;
}
