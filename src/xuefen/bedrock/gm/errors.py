"""What can go wrong in the cryptography package. Messages an operator reads are in English and Chinese."""


class GmError(Exception):
    """Base of every error this package raises on purpose."""


class AlgorithmMissing(GmError):
    """This machine's libraries lack an algorithm, or compute it wrongly. `algorithms` names what is missing."""

    def __init__(self, *algorithms: str, detail: str) -> None:
        self.algorithms = algorithms
        self.detail = detail
        names = ", ".join(algorithms)
        super().__init__(f"cryptographic algorithm not available: {names} ({detail}) / 缺少密码算法：{names}")


class KeyInvalid(GmError, ValueError):
    """Bytes offered as a key are not a key of that algorithm."""


class SignatureMalformed(GmError, ValueError):
    """Bytes offered as a signature do not have the one permitted encoding."""


class DecryptionFailed(GmError):
    """The sealed bytes were changed, cut, or sealed under another key or other associated data."""

    def __init__(self) -> None:
        super().__init__("sealed data cannot be opened / 密文无法解密")


class WrongPassphrase(GmError):
    """The key file is whole, but this passphrase does not open it."""

    def __init__(self, path: object) -> None:
        super().__init__(f"wrong passphrase for key file {path} / 密钥文件口令不正确：{path}")


class KeyFileDamaged(GmError):
    """The key file is not, byte for byte, what was written."""

    def __init__(self, path: object, detail: str) -> None:
        super().__init__(f"key file {path} is damaged ({detail}) / 密钥文件已损坏：{path}")


class KeyMissing(GmError, LookupError):
    """The key provider holds no key of the wanted kind for this purpose."""
