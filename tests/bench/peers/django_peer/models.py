"""The pupils."""

from django.db import models


class Pupil(models.Model):
    class_no = models.IntegerField(db_index=True)
    full_name = models.CharField(max_length=200, blank=True)
    date_of_birth = models.CharField(max_length=200, blank=True)
    gender = models.CharField(max_length=200, blank=True)
    identity_number = models.CharField(max_length=200, blank=True, db_index=True)
    province = models.CharField(max_length=200, blank=True)
    district = models.CharField(max_length=200, blank=True)
    commune = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=200, blank=True)
    ethnic_group = models.CharField(max_length=200, blank=True)
    ministry_code = models.CharField(max_length=200, blank=True)
