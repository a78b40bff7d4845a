"""Postal codes as papers write them."""


def postal_digits(postal_code: str) -> str:
    """The seven digits.  Raises ValueError for anything else."""
    digits = postal_code.replace("-", "").replace("〒", "").strip()
    if len(digits) != 7 or not digits.isascii() or not digits.isdigit():
        raise ValueError("郵便番号は7桁の数字で指定してください。")
    return digits


def postal_mark(postal_code: str) -> str:
    """`〒113-8621`."""
    digits = postal_digits(postal_code)
    return f"〒{digits[:3]}-{digits[3:]}"
