# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of audit rules and their numbers: include/uapi/linux/audit.h, and lib/ of audit-userspace for the names."""

LISTS = {"user": 0, "task": 1, "exit": 4, "exclude": 5, "filesystem": 6, "io_uring": 7}  # AUDIT_FILTER_*
LIST_NAMES = {number: name for name, number in LISTS.items()}
LIST_MASK, PREPEND = 0x07, 0x10
ACTIONS = {"never": 0, "always": 2}
ACTION_NAMES = {number: name for name, number in ACTIONS.items()}
LISTS_SINCE = {"filesystem": (2, 8), "io_uring": (3, 1)}  # the auditctl that knows the word
SYSCALL_LISTS = (LISTS["exit"], LISTS["io_uring"])

OPERATORS = {
    "=": 0x40000000, "!=": 0x30000000, ">": 0x20000000, "<": 0x10000000, ">=": 0x60000000, "<=": 0x50000000,
    "&": 0x08000000, "&=": 0x48000000,
}
OPERATOR_NAMES = {number: name for name, number in OPERATORS.items()}
OPERATOR_ORDER = ("!=", ">=", "<=", "&=", "=", ">", "<", "&")  # auditctl looks for them anywhere in the word, in this order

FIELDS = {
    "pid": 0, "uid": 1, "euid": 2, "suid": 3, "fsuid": 4, "gid": 5, "egid": 6, "sgid": 7, "fsgid": 8, "auid": 9, "pers": 10,
    "arch": 11, "msgtype": 12, "subj_user": 13, "subj_role": 14, "subj_type": 15, "subj_sen": 16, "subj_clr": 17, "ppid": 18,
    "obj_user": 19, "obj_role": 20, "obj_type": 21, "obj_lev_low": 22, "obj_lev_high": 23, "sessionid": 25, "fstype": 26,
    "devmajor": 100, "devminor": 101, "inode": 102, "exit": 103, "success": 104, "path": 105, "perm": 106, "dir": 107,
    "filetype": 108, "obj_uid": 109, "obj_gid": 110, "field_compare": 111, "exe": 112, "saddr_fam": 113,
    "a0": 200, "a1": 201, "a2": 202, "a3": 203, "key": 210,
}
FIELD_NAMES = {number: name for name, number in FIELDS.items()}
FIELDS["loginuid"] = FIELDS["auid"]
FIELDS_SINCE = {"saddr_fam": (3, 0)}

ARCH, MSGTYPE, SESSIONID, FSTYPE, INODE, EXIT = 11, 12, 25, 26, 102, 103
PATH, PERM, DIR, FILETYPE, COMPARE, EXE, SADDR_FAM, KEY, AUID = 105, 106, 107, 108, 111, 112, 113, 210, 9
USERS = frozenset((1, 2, 3, 4, 9, 109))
GROUPS = frozenset((5, 6, 7, 8, 110))
ARGUMENTS = frozenset((200, 201, 202, 203))
STRINGS = frozenset((13, 14, 15, 16, 17, 19, 20, 21, 22, 23, PATH, DIR, EXE, KEY))  # their value is a length, their text is in buf
EXIT_LIST_ONLY = frozenset((18, 19, 20, 21, 22, 23, 100, 101, 102, 103, 104, PATH, DIR, PERM, FILETYPE))
EQUALITY_ONLY = frozenset((EXE, FSTYPE, INODE))
EXCLUDE_TAKES_MORE_SINCE = (3, 1)
ON_EXCLUDE = frozenset((0, 1, 5, 9, 12, 13, 14, 15, 16, 17, EXE))
UNSET = 0xFFFFFFFF

PERMISSIONS = (("r", 4), ("w", 2), ("x", 1), ("a", 8))  # in the order auditctl prints them
# What auditctl puts in for a rule with arch and perm (lib/permtab.h of 3.1.3, the smallest list of all releases that do)
PERMISSION_SYSCALLS = {
    1: "execve",
    2: "rename mkdir rmdir creat link unlink symlink mknod mkdirat mknodat unlinkat renameat linkat symlinkat renameat2 acct swapon "
       "quotactl truncate ftruncate bind fallocate open openat openat2",
    4: "readlink quotactl listxattr llistxattr flistxattr getxattr lgetxattr fgetxattr readlinkat open openat openat2",
    8: "chmod fchmod chown lchown fchown setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr fchownat fchmodat link "
       "linkat",
}
PERMISSION_SYSCALLS_SINCE = (3, 1, 3)
# What kernels give such an access besides: include/asm-generic/audit_{write,read,change_attr}.h, audit_match_perm() of kernel/auditsc.c
PERMISSION_SYSCALLS_OF_KERNELS = {
    1: "execveat",
    2: "truncate64 ftruncate64 quotactl_fd socketcall",
    4: "quotactl_fd getxattrat listxattrat file_getattr",
    8: "chown32 lchown32 fchown32 fchmodat2 setxattrat removexattrat file_setattr",
}

FILE_TYPES = {
    "socket": 0o140000, "link": 0o120000, "file": 0o100000, "block": 0o060000, "dir": 0o040000, "character": 0o020000, "fifo": 0o010000,
}
FILESYSTEMS = {"tracefs": 0x74726163, "debugfs": 0x64626720}
FILESYSTEM_NAMES = {number: name for name, number in FILESYSTEMS.items()}

ELF = {
    "x86_64": 0xC000003E, "i386": 0x40000003, "aarch64": 0xC00000B7, "arm": 0x40000028, "ppc64": 0x80000015,
    "ppc64le": 0xC0000015, "ppc": 0x14, "s390x": 0x80000016, "s390": 0x16,
}
ELF_NAMES = {number: name for name, number in ELF.items()}
ELF_64BIT = 0x80000000
MACHINES = {
    "i386": "i386", "i486": "i386", "i586": "i386", "i686": "i386", "x86_64": "x86_64", "amd64": "x86_64", "ppc64": "ppc64",
    "ppc64le": "ppc64le", "ppc": "ppc", "s390x": "s390x", "s390": "s390", "armeb": "arm", "arm": "arm", "armv5tejl": "arm",
    "armv5tel": "arm", "armv6l": "arm", "armv7l": "arm", "aarch64": "aarch64", "armv8l": "aarch64",
}
TWINS = {"x86_64": "i386", "ppc64": "ppc", "s390x": "s390", "aarch64": "arm"}  # the 32-bit side of a 64-bit machine

COMPARISONS = (  # AUDIT_COMPARE_* from 1 on, as auditctl prints them
    "uid obj_uid", "gid obj_gid", "euid obj_uid", "egid obj_gid", "auid obj_uid", "suid obj_uid", "sgid obj_gid", "fsuid obj_uid",
    "fsgid obj_gid", "uid auid", "uid euid", "uid fsuid", "uid suid", "auid fsuid", "auid suid", "auid euid", "euid suid",
    "euid fsuid", "suid fsuid", "gid egid", "gid fsgid", "gid sgid", "egid fsgid", "egid sgid", "sgid fsgid",
)

MAX_KEY, MAX_FIELDS, MAX_PATH, MAX_NAME, MAX_LINE = 256, 64, 4096, 255, 6143
MAX_ADDRESS_FAMILY = 46  # AF_MAX, include/linux/socket.h

# A number says where the counting goes on; each name after it is one higher
MESSAGE_TYPES = """
1000 GET SET LIST ADD DEL USER LOGIN 1010 SIGNAL_INFO ADD_RULE DEL_RULE LIST_RULES TRIM MAKE_EQUIV TTY_GET TTY_SET SET_FEATURE
GET_FEATURE 1100 USER_AUTH USER_ACCT USER_MGMT CRED_ACQ CRED_DISP USER_START USER_END USER_AVC USER_CHAUTHTOK USER_ERR CRED_REFR
USYS_CONFIG USER_LOGIN USER_LOGOUT ADD_USER DEL_USER ADD_GROUP DEL_GROUP DAC_CHECK CHGRP_ID TEST TRUSTED_APP USER_SELINUX_ERR USER_CMD
USER_TTY CHUSER_ID GRP_AUTH SYSTEM_BOOT SYSTEM_SHUTDOWN SYSTEM_RUNLEVEL SERVICE_START SERVICE_STOP GRP_MGMT GRP_CHAUTHTOK MAC_CHECK
ACCT_LOCK ACCT_UNLOCK USER_DEVICE SOFTWARE_UPDATE 1200 DAEMON_START DAEMON_END DAEMON_ABORT DAEMON_CONFIG DAEMON_RECONFIG DAEMON_ROTATE
DAEMON_RESUME DAEMON_ACCEPT DAEMON_CLOSE DAEMON_ERR 1300 SYSCALL FS_WATCH PATH IPC SOCKETCALL CONFIG_CHANGE SOCKADDR CWD 1309 EXECVE
1311 IPC_SET_PERM MQ_OPEN MQ_SENDRECV MQ_NOTIFY MQ_GETSETATTR KERNEL_OTHER FD_PAIR OBJ_PID TTY EOE BPRM_FCAPS CAPSET MMAP NETFILTER_PKT
NETFILTER_CFG SECCOMP PROCTITLE FEATURE_CHANGE 1330 KERN_MODULE FANOTIFY TIME_INJOFFSET TIME_ADJNTPVAL BPF EVENT_LISTENER URINGOP
OPENAT2 DM_CTRL DM_EVENT 1400 AVC SELINUX_ERR AVC_PATH MAC_POLICY_LOAD MAC_STATUS MAC_CONFIG_CHANGE MAC_UNLBL_ALLOW MAC_CIPSOV4_ADD
MAC_CIPSOV4_DEL MAC_MAP_ADD MAC_MAP_DEL MAC_IPSEC_ADDSA MAC_IPSEC_DELSA MAC_IPSEC_ADDSPD MAC_IPSEC_DELSPD MAC_IPSEC_EVENT
MAC_UNLBL_STCADD MAC_UNLBL_STCDEL MAC_CALIPSO_ADD MAC_CALIPSO_DEL IPE_ACCESS IPE_CONFIG_CHANGE IPE_POLICY_LOAD LANDLOCK_ACCESS
LANDLOCK_DOMAIN MAC_TASK_CONTEXTS MAC_OBJ_CONTEXTS 1500 APPARMOR APPARMOR_AUDIT APPARMOR_ALLOWED APPARMOR_DENIED APPARMOR_HINT
APPARMOR_STATUS APPARMOR_ERROR APPARMOR_KILL 1700 ANOM_PROMISCUOUS ANOM_ABEND ANOM_LINK ANOM_CREAT 1800 INTEGRITY_DATA
INTEGRITY_METADATA INTEGRITY_STATUS INTEGRITY_HASH INTEGRITY_PCR INTEGRITY_RULE INTEGRITY_EVM_XATTR INTEGRITY_POLICY_RULE 2000 KERNEL
2100 ANOM_LOGIN_FAILURES ANOM_LOGIN_TIME ANOM_LOGIN_SESSIONS ANOM_LOGIN_ACCT ANOM_LOGIN_LOCATION ANOM_MAX_DAC ANOM_MAX_MAC
ANOM_AMTU_FAIL ANOM_RBAC_FAIL ANOM_RBAC_INTEGRITY_FAIL ANOM_CRYPTO_FAIL ANOM_ACCESS_FS ANOM_EXEC ANOM_MK_EXEC ANOM_ADD_ACCT
ANOM_DEL_ACCT ANOM_MOD_ACCT ANOM_ROOT_TRANS ANOM_LOGIN_SERVICE ANOM_LOGIN_ROOT ANOM_ORIGIN_FAILURES ANOM_SESSION 2200 RESP_ANOMALY
RESP_ALERT RESP_KILL_PROC RESP_TERM_ACCESS RESP_ACCT_REMOTE RESP_ACCT_LOCK_TIMED RESP_ACCT_UNLOCK_TIMED RESP_ACCT_LOCK RESP_TERM_LOCK
RESP_SEBOOL RESP_EXEC RESP_SINGLE RESP_HALT RESP_ORIGIN_BLOCK RESP_ORIGIN_BLOCK_TIMED RESP_ORIGIN_UNBLOCK_TIMED 2300 USER_ROLE_CHANGE
ROLE_ASSIGN ROLE_REMOVE LABEL_OVERRIDE LABEL_LEVEL_CHANGE USER_LABELED_EXPORT USER_UNLABELED_EXPORT DEV_ALLOC DEV_DEALLOC FS_RELABEL
USER_MAC_POLICY_LOAD ROLE_MODIFY USER_MAC_CONFIG_CHANGE USER_MAC_STATUS 2400 CRYPTO_TEST_USER CRYPTO_PARAM_CHANGE_USER CRYPTO_LOGIN
CRYPTO_LOGOUT CRYPTO_KEY_USER CRYPTO_FAILURE_USER CRYPTO_REPLAY_USER CRYPTO_SESSION CRYPTO_IKE_SA CRYPTO_IPSEC_SA 2500 VIRT_CONTROL
VIRT_RESOURCE VIRT_MACHINE_ID VIRT_INTEGRITY_CHECK VIRT_CREATE VIRT_DESTROY VIRT_MIGRATE_IN VIRT_MIGRATE_OUT
"""
