"""The star tracker."""
