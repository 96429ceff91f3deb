"""The project's next report as it would leave: what the dialog and the preview show before anything is sealed."""

from __future__ import annotations

from datetime import datetime

from telemetry.cli.sharing.setting import Setting
from telemetry.contract.records import TrackedFeature
from telemetry.features.history import load_features
from telemetry.sharing.sealing import unsealed_data


def example_of(setting: Setting) -> bytes | None:
    """The bytes of the feature that was touched last; None where there is none."""
    latest = latest_of(features_of(setting, setting.now()))
    return unsealed_data(latest, setting.now()) if latest else None


def latest_of(features: list[TrackedFeature]) -> TrackedFeature | None:
    """The feature that was touched last."""
    return max(features, key=lambda feature: feature.last_seen, default=None)


def features_of(setting: Setting, now: datetime) -> list[TrackedFeature]:
    """The project's features."""
    return load_features(setting.store, now, remember=False).features
