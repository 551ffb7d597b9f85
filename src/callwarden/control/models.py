"""State of chapter 3, gathered for Django from its rooms."""

from callwarden.control.access.models import PolicyVersion, ShadowCount
from callwarden.control.siem.models import SiemReceiver
from callwarden.control.work.models import Shift, Task, TaskAgent, TaskSubject, Tie

__all__ = ["PolicyVersion", "ShadowCount", "Shift", "SiemReceiver", "Task", "TaskAgent", "TaskSubject", "Tie"]
