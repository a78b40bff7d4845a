"""What is published of the audit chain, and the cached subtrees that proofs are made of."""

from django.db import models


class PublishedHead(models.Model):
    """One signed tree head.  Written once; triggers of the database refuse change and removal."""

    size = models.BigIntegerField()
    root_hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    key_sha256 = models.CharField(max_length=64)
    # Hexadecimal.
    signature = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["size"], name="published_head_size")]


class HeadStamp(models.Model):
    """A second authority's time-stamp of a head.  Written once, like the head."""

    head = models.OneToOneField(PublishedHead, on_delete=models.PROTECT, related_name="stamp")
    token_der = models.BinaryField()
    gen_time = models.DateTimeField()


class AuditNode(models.Model):
    """The root of one complete subtree.  Only a cache: everything in it follows from the lines."""

    level = models.PositiveSmallIntegerField()
    position = models.BigIntegerField()
    node_hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "position"], name="audit_node_once")]
