/* What the kernel knows of processes, in one call for many: reading it from /proc takes several files for
 * each. What is not here, such as the arguments, is read there.
 *
 * Only for a reader in the initial pid namespace. Needs 6.4 (bpf_iter_num_new; bpf_task_from_pid, 6.2).
 */
#include "cast.h"
#include "map.h"
#include "process.h"

SEC("license") char LICENSE[] = "GPL"; /* the kernel gives these helpers to GPL programs only */

#define PROCESSES 1024 /* at once */

extern struct task_struct *bpf_task_from_pid(s32 pid) SEC(".ksyms");
extern void bpf_task_release(struct task_struct *task) SEC(".ksyms");

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct path {
	void *mnt;
	void *dentry;
};

struct file___with_path {
	struct path f_path;
};

struct mm_struct {
	struct file___with_path *exe_file;
};

struct user_namespace {
	struct ns_common ns;
};

struct cred___with_namespace {
	struct user_namespace *user_ns;
};

struct task_struct___with_facts {
	const struct cred___with_namespace *cred;
	struct mm_struct *mm;
	void *cgroups;
};

#pragma clang attribute pop

/* process-lookup.ts reads it, and a test holds the two together. */
struct process_record {
	u32 pid; /* which is asked for: set by the reader; 0 after the last one */
	u32 is_alive;
	u64 started; /* ns since boot, suspend included */
	u64 mount; /* with `entry`: two processes that have the same run the same file; 0 for no file */
	u64 entry;
	u64 groups; /* two processes that have the same are in the same control groups */
	u32 uid; /* the user whose rights it has, as ps(1) says */
	u32 user_namespace;
	char name[16]; /* cut to 15 letters */
};

/* Never set: makes clang write down the layout, for the test that compares it. */
const struct process_record *layout;

struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, PROCESSES);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct process_record);
} records SEC(".maps");

INLINE void tell(struct process_record *record, struct task_struct *task)
{
	struct task_struct___with_facts *facts = (void *)task;
	struct mm_struct *mm = facts->mm;

	record->started = process_started(task);
	ADDRESS(record->groups, facts->cgroups);
	record->uid = task->cred->euid.val;
	record->user_namespace = facts->cred->user_ns->ns.inum;
	__builtin_memcpy(record->name, task->comm, sizeof(record->name));
	record->mount = record->entry = 0;
	if (mm && mm->exe_file) {
		ADDRESS(record->mount, mm->exe_file->f_path.mnt);
		ADDRESS(record->entry, mm->exe_file->f_path.dentry);
	}
	record->is_alive = 1;
}

SEC("syscall")
int look_up(void *context __attribute__((unused)))
{
	struct process_record *record;
	struct bpf_iter_num each;
	struct task_struct *task;
	int *index;
	u32 place;

	bpf_iter_num_new(&each, 0, PROCESSES);
	while ((index = bpf_iter_num_next(&each))) {
		place = *index;
		record = bpf_map_lookup_elem(&records, &place);
		if (!record || !record->pid)
			break;
		record->is_alive = 0;
		task = bpf_task_from_pid(record->pid);
		if (!task)
			continue;
		tell(record, task);
		bpf_task_release(task);
	}
	bpf_iter_num_destroy(&each);
	return 0;
}
